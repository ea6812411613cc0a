"""The files for Kubernetes, judged as data: no cluster runs them here."""

import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest

from otel_ops.collector.shipped import files_of, shipped
from tests.deployed import IMAGE, mebibytes
from tests.kubernetes import (
    COLLECTORS,
    KUSTOMIZATION,
    RESOURCES,
    WORKLOADS,
    Json,
    container_of,
    deployed,
    documents,
    mounts,
    named,
    pod_of,
    ports,
    volumes,
)

VERSIONS = ("1.28", kubernetes_validate.latest_version())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_each_resource_is_as_its_schema_says(resource: Json, version: str) -> None:
    """Nothing is missing or of another kind, and no key is unknown, for clusters old and new."""
    kubernetes_validate.validate(resource, version, strict=True)


def test_all_files_are_named() -> None:
    """What is applied is what is in the folder, and what is generated is made of files that are copied with it."""
    copied = files_of(["kubernetes"])
    generated = [file for one in KUSTOMIZATION["configMapGenerator"] for file in one["files"]]
    assert {*KUSTOMIZATION["resources"], *generated, "kustomization.yaml"} == set(copied)


@pytest.mark.parametrize("name", COLLECTORS)
def test_configuration_is_mounted_where_the_collector_reads_it(name: str) -> None:
    """The map that is generated has the files that the arguments name, in the folder that they name."""
    generated = {one["name"]: one["files"] for one in KUSTOMIZATION["configMapGenerator"]}
    places = deployed(name).places
    assert generated[name] == [place.name for place in places]
    mounted = {mounts(container_of(name))[place.parent] for place in places}
    maps = {one["name"]: one["configMap"]["name"] for one in pod_of(name)["volumes"] if "configMap" in one}
    assert [name] == [maps[volume] for volume in mounted]


@pytest.mark.parametrize("name", COLLECTORS)
def test_nothing_is_wrong_with_the_configuration(name: str) -> None:
    """Our checks find nothing; each variable is one that the configuration reads."""
    assert ([], set()) == (deployed(name).faults(), deployed(name).unread())


@pytest.mark.parametrize("name", COLLECTORS)
def test_the_collector_accepts_the_configuration(name: str) -> None:
    """The real one, with the variables of the container."""
    assert deployed(name).complaint() is None


@pytest.mark.parametrize("name", COLLECTORS)
def test_queues_are_on_a_volume(name: str) -> None:
    """What waits is in a folder that can be written, though the container's own cannot."""
    mounted = mounts(container_of(name))
    assert set(mounted.values()) == set(volumes(name))
    assert "queue" in {mounted.get(parent) for parent in deployed(name).queue.parents}


@pytest.mark.parametrize("name", COLLECTORS)
def test_ports_are_those_of_the_collector(name: str) -> None:
    """The container lists where its collector listens; its service and its probes name ports of the list."""
    listed = ports(name)
    assert set(listed.values()) <= deployed(name).ports
    service = named(name, "Service")["spec"]
    assert {one["port"] for one in service["ports"]} == {listed[one["targetPort"]] for one in service["ports"]}
    probes = [container_of(name)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert [("/", 13133)] * 3 == [(probe["path"], listed[probe["port"]]) for probe in probes]


@pytest.mark.parametrize("name", COLLECTORS)
def test_labels_lead_to_the_pods(name: str) -> None:
    """Service and workload select the pods by the labels that these have."""
    workload = named(name, *WORKLOADS)["spec"]
    labels = workload["template"]["metadata"]["labels"]
    assert labels == workload["selector"]["matchLabels"]
    assert labels == named(name, "Service")["spec"]["selector"]
    assert name == pod_of(name)["serviceAccountName"]
    assert named(name, "ServiceAccount")


def test_agents_send_to_the_gateways() -> None:
    """The name that they look up is that of a service without an address, and so has all ready pods."""
    host = deployed("otelcol-agent").environment["GATEWAY_HOST"]
    service = named(host, "Service")["spec"]
    assert "None" == service["clusterIP"]
    assert [4317] == [one["port"] for one in service["ports"]]
    assert host == named(host, "StatefulSet")["spec"]["serviceName"]


def test_the_network_lets_agents_through() -> None:
    """Who may send to the gateways are pods that have the labels of agents; the ports are those of gateways."""
    policy = named("otelcol-gateway", "NetworkPolicy")["spec"]
    gateways, agents = (named(name, *WORKLOADS)["spec"]["selector"] for name in reversed(COLLECTORS))
    senders, pages = policy["ingress"]
    assert gateways == policy["podSelector"]
    assert [{"podSelector": agents}] == senders["from"]
    assert {one["port"] for rule in (senders, pages) for one in rule["ports"]} == set(ports("otelcol-gateway"))


@pytest.mark.parametrize("name", COLLECTORS)
def test_pods_may_do_no_more_than_they_need(name: str) -> None:
    """As the policy `restricted` asks: no root, nothing written but volumes, no token of the cluster."""
    pod, container = pod_of(name), container_of(name)
    assert (True, "RuntimeDefault") == (
        pod["securityContext"]["runAsNonRoot"],
        pod["securityContext"]["seccompProfile"]["type"],
    )
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == container["securityContext"]
    assert False is pod["automountServiceAccountToken"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert not any("hostPort" in one for one in container["ports"])
    assert not any("hostPath" in one for one in pod["volumes"])


@pytest.mark.parametrize("name", COLLECTORS)
def test_go_keeps_below_the_limit(name: str) -> None:
    """Its collector of garbage works harder from 80 % of what the container may take."""
    limit = mebibytes(container_of(name)["resources"]["limits"]["memory"])
    assert 0.8 == pytest.approx(mebibytes(deployed(name).environment["GOMEMLIMIT"]) / limit, abs=0.01)


def test_the_image_is_pinned() -> None:
    """One version for all, in one place: the one that tests run."""
    ((name, tag),) = ((one["name"], one["newTag"]) for one in KUSTOMIZATION["images"])
    assert f"{name}:{tag}" == IMAGE
    assert {name} == {container_of(one)["image"] for one in COLLECTORS}


def test_kustomize_builds_what_is_copied(tmp_path: Path) -> None:
    """Where kubectl is there, it makes valid resources of a copy, in which all names lead somewhere."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH")
    for file in files_of(["kubernetes"]):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shipped(file), tmp_path / file)
    done = subprocess.run([kubectl, "kustomize", tmp_path], capture_output=True, check=True, text=True, timeout=60)
    built = documents(done.stdout)
    assert len(RESOURCES) + len(COLLECTORS) == len(built)
    for one in built:
        kubernetes_validate.validate(one, VERSIONS[-1], strict=True)
    maps = {one["metadata"]["name"] for one in built if one["kind"] == "ConfigMap"}
    pods = [one["spec"]["template"]["spec"] for one in built if one["kind"] in WORKLOADS]
    assert maps == {volume["configMap"]["name"] for pod in pods for volume in pod["volumes"] if "configMap" in volume}
    assert {IMAGE} == {container["image"] for pod in pods for container in pod["containers"]}


def test_the_program_on_the_page_sends_to_the_agents() -> None:
    """Its manifest is valid, and its endpoint is a port of the service, by the name that other namespaces know."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "kubernetes.md").read_text("utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    program = documents(blocks[0])[0]
    kubernetes_validate.validate(program, VERSIONS[-1], strict=True)
    (container,) = program["spec"]["template"]["spec"]["containers"]
    variables = {one["name"]: one.get("value") for one in container["env"]}
    listening = [one["port"] for one in named("otelcol-agent", "Service")["spec"]["ports"]]
    hosts = [f"http://otelcol-agent.{KUSTOMIZATION['namespace']}:{port}" for port in listening]
    assert hosts[0] == variables["OTEL_EXPORTER_OTLP_ENDPOINT"]
