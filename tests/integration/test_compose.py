"""The file for Docker Compose, judged as data: no container runs here."""

import itertools
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path, PurePosixPath

import pytest
from ruamel.yaml import YAML

from otel_ops.collector.shipped import files_of, shipped
from otel_ops.collector.variables import references
from otel_ops.collector.yaml_text import load
from tests.back_ends.cache import folder_of
from tests.back_ends.recipes import NotMadeError
from tests.composed import COMPOSE, FILE, SERVICES, environment, mounts, ours, ports
from tests.deployed import IMAGE, Deployed, mebibytes
from tests.monitoring.pages import blocks_on

ONCE = {"setup", "setup-kibana"}
WITHOUT_SHELL = {"collector"}
"""Services whose image has nothing that could ask them how they are."""

DEPLOYED = Deployed(SERVICES["collector"]["command"], SERVICES["collector"]["environment"])


def files_below(source: str) -> list[str]:
    """Give the files that are copied of what is mounted."""
    return [file for file in files_of(["compose"]) if file == source or file.startswith(f"{source}/")]


def shipped_file(service: str, place: str) -> Path:
    """Give the file of ours that a container has at a place."""
    path = PurePosixPath(place)
    return shipped(f"{ours(service)[path.parent]}/{path.name}")


@contextmanager
def kibana() -> Iterator[tuple[int, list[tuple[str, str | None, bytes]]]]:
    """Take what is posted, as Kibana does; give the port, and path, header and body of each request."""
    received: list[tuple[str, str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["kbn-xsrf"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - so it is called there
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, received
        finally:
            server.shutdown()
            thread.join()


def tool(name: str, program: str) -> Path:
    try:
        return folder_of(name) / program
    except NotMadeError as error:
        pytest.skip(str(error))


def refusal(file: Path) -> str:
    """Give what the schema of the Compose Specification says against a file."""
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout if done.returncode else ""


def test_the_file_is_as_its_schema_says() -> None:
    """No key is unknown, no value of a wrong kind."""
    assert "" == refusal(FILE)


def test_files_on_the_page_are_as_the_schema_says(tmp_path: Path) -> None:
    """Those of a program, and those that change ours: a command that is changed names what is mounted."""
    blocks = blocks_on("compose.md", "yaml")
    for block in blocks:
        (tmp_path / "compose.yaml").write_text(block, "utf-8")
        assert "" == refusal(tmp_path / "compose.yaml")
    (changed,) = (service for block in blocks if (service := YAML(typ="safe").load(block)["services"].get("collector")))
    (mounted,) = changed["volumes"]
    assert [*SERVICES["collector"]["command"], f"--config={mounted.split(':')[1]}"] == changed["command"]


def test_all_back_ends_are_there() -> None:
    """What is started, beside what runs once."""
    assert {"collector", "jaeger", "prometheus", "grafana", "elasticsearch", "kibana"} == set(SERVICES) - ONCE


@pytest.mark.parametrize("service", SERVICES)
def test_images_are_pinned_and_bounded(service: str) -> None:
    """A whole version each, of the usual registry, and a limit of memory."""
    assert re.fullmatch(r"([a-z]+/)?[a-z-]+:v?\d+\.\d+\.\d+", SERVICES[service]["image"])
    assert 0 < mebibytes(SERVICES[service]["mem_limit"]) <= 2048


def test_versions_fit_together() -> None:
    """The collector is that of the tests; what belongs to Elastic has one version."""
    assert IMAGE == SERVICES["collector"]["image"]
    elastic = {SERVICES[name]["image"].partition(":")[2] for name in ("elasticsearch", "kibana", *ONCE)}
    assert 1 == len(elastic)


@pytest.mark.parametrize("service", SERVICES)
def test_only_this_machine_can_connect(service: str) -> None:
    """Ports are those of loopback, and each can be another one there."""
    for port in SERVICES[service].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z_]+_PORT:-(\d+)\}:\1", port)


def test_variables_have_defaults() -> None:
    """Nothing must be set before it is started, and there are no secrets."""
    found = list(references(COMPOSE))
    assert found
    assert [] == [one for one in found if one.default is None]
    assert not re.search(r"(?i)password|secret|api_?key", "".join(map(str, COMPOSE["services"].values())))


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_is_there(service: str) -> None:
    """Files and folders of ours, which are copied together, to be read only; volumes are declared."""
    assert [] == [source for source in ours(service).values() if not files_below(source)]
    for volume in SERVICES[service].get("volumes", ()):
        assert volume.endswith(":ro") if volume.startswith("./") else volume.partition(":")[0] in COMPOSE["volumes"]


def test_each_volume_is_used() -> None:
    """None is declared that nobody mounts."""
    assert set(COMPOSE["volumes"]) <= {source for service in SERVICES for source in mounts(service).values()}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_waited_for_can_be_told(service: str) -> None:
    """A service that must be healthy has a check; one that must have ended runs once."""
    for name, waited in SERVICES[service].get("depends_on", {}).items():
        expected = {"service_completed_successfully"} if name in ONCE else {"service_healthy", "service_started"}
        assert waited["condition"] in expected
        assert waited["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]


def test_what_goes_on_is_asked_how_it_is() -> None:
    """Each service has a check, and is started again after it fell."""
    lasting = set(SERVICES) - ONCE
    assert lasting - WITHOUT_SHELL == {name for name in lasting if "healthcheck" in SERVICES[name]}
    assert {"unless-stopped"} == {SERVICES[name]["restart"] for name in lasting}
    assert not any("restart" in SERVICES[name] for name in ONCE)


@pytest.mark.parametrize("service", SERVICES)
def test_services_call_each_other_where_they_listen(service: str) -> None:
    """Each host that a variable names is a service, and it listens at that port."""
    for value in environment(service).values():
        for host, port in re.findall(r"(?:^|//)([a-z-]+):(\d+)", value.replace("${KIBANA_PORT:-5601}", "5601")):
            assert host == "localhost" or int(port) in ports(host), value


def test_nothing_is_wrong_with_the_configuration_of_the_collector() -> None:
    """Our checks find nothing; variables are read; files stand where the arguments say; ports are published."""
    assert ([], set()) == (DEPLOYED.faults(), DEPLOYED.unread())
    assert {place: place.name for place in DEPLOYED.places} == ours("collector")
    assert DEPLOYED.ports == ports("collector")


def test_the_collector_accepts_its_configuration() -> None:
    """The real one, with the variables of the container."""
    assert DEPLOYED.complaint() is None


def test_queues_are_on_a_volume_of_the_user_of_the_collector() -> None:
    """It survives the container; before it starts, the folder is made its own."""
    mounted = mounts("collector")
    assert "queue" in {mounted.get(parent) for parent in DEPLOYED.queue.parents}
    (place,) = (place for place, source in mounts("setup").items() if source == "queue")
    assert f"chown 10001:10001 {place}\n" in SERVICES["setup"]["command"][0]
    assert "setup" in SERVICES["collector"]["depends_on"]


def test_go_keeps_below_the_limit() -> None:
    """Its collector of garbage works harder from 80 % of what the container may take."""
    limit = mebibytes(SERVICES["collector"]["mem_limit"])
    assert 0.8 == pytest.approx(mebibytes(environment("collector")["GOMEMLIMIT"]) / limit, abs=0.01)


def test_jaeger_accepts_its_configuration() -> None:
    """The real one, with the variables of the container, each of which the file reads."""
    (argument,) = SERVICES["jaeger"]["command"]
    file = shipped(ours("jaeger")[PurePosixPath(argument.removeprefix("--config="))])
    read = {one.name for one in references(load(file.read_text("utf-8"), file.name))}
    assert {"OTEL_TRACES_SAMPLER"} == set(environment("jaeger")) - read
    command = [str(tool("jaeger", "jaeger")), "validate", f"--config={file}"]
    done = subprocess.run(command, env=environment("jaeger"), capture_output=True, text=True, check=False, timeout=60)
    assert 0 == done.returncode, done.stderr


def test_prometheus_is_started_as_the_overlay_needs() -> None:
    """Its options are those that its configuration asks for; this is mounted."""
    command = SERVICES["prometheus"]["command"]
    asked = re.findall(r"--(?:web|enable)\S+", shipped("provisioning/prometheus/prometheus.yaml").read_text("utf-8"))
    assert set(asked) == {option for option in command if option.startswith(("--web", "--enable"))}
    (file,) = (PurePosixPath(one.partition("=")[2]) for one in command if one.startswith("--config.file="))
    assert "provisioning/prometheus/prometheus.yaml" == ours("prometheus")[file]


@pytest.mark.parametrize("service", ["prometheus", "grafana"])
def test_files_of_services_lead_to_services(service: str) -> None:
    """Hosts and ports that mounted files name are those of services; folders that they name are mounted."""
    for file in itertools.chain.from_iterable(map(files_below, ours(service).values())):
        text = "\n".join(re.sub(r"(^|\s)#.*", "", line) for line in shipped(file).read_text("utf-8").splitlines())
        for host, port in re.findall(r"\b([a-z]{4,}):(\d{4,5})\b", text):
            assert int(port) in ports(host), f"{file}: {host}:{port}"
        for place in re.findall(r"/etc/otel_ops/\w+", text):
            assert PurePosixPath(place) in mounts(service), f"{file}: {place}"


def test_the_script_that_runs_once_is_mounted() -> None:
    """What the shell is told to run is a file of ours, which it understands; it reads the variables that are set."""
    (script,) = re.findall(r"sh (/\S+\.sh)", SERVICES["setup"]["command"][0])
    file = shipped_file("setup", script)
    assert 0 == subprocess.run(["sh", "-n", file], check=False, timeout=10).returncode
    assert set(environment("setup")) <= set(re.findall(r"\$\{?([A-Z_]+)", file.read_text("utf-8")))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on PATH")
def test_objects_of_kibana_are_sent() -> None:
    """The command of the container posts the file, as a form and with the header without which Kibana refuses it."""
    service = SERVICES["setup-kibana"]
    (mounted,) = (place for place in ours("setup-kibana"))
    file = shipped_file("setup-kibana", f"{mounted}/otel_ops.ndjson")
    with kibana() as (port, received):
        words = [*service["entrypoint"], *service["command"]]
        for here, there in {
            "http://kibana:5601": f"http://127.0.0.1:{port}",
            f"{mounted}/{file.name}": str(file),
        }.items():
            words = [word.replace(here, there) for word in words]
        subprocess.run(words, check=True, timeout=30, stdout=subprocess.DEVNULL)
    ((path, header, body),) = received
    assert ("/api/saved_objects/_import?overwrite=true", "true") == (path, header)
    assert file.read_bytes() in body
    assert f'name="file"; filename="{file.name}"'.encode() in body
