"""A person's account at Google, and what must arrive there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.integration.vendors.pages import SECRET, Expected
from tests.integration.vendors.server import TOKEN, Request


def google_account(folder: Path) -> dict[str, str]:
    """Give the environment of somebody who has logged in, and of a project."""
    credentials = {"type": "authorized_user", "client_id": "id", "client_secret": SECRET, "refresh_token": SECRET}
    path = folder / "credentials.json"
    path.write_text(json.dumps(credentials), encoding="utf-8")
    projects = {"GOOGLE_CLOUD_PROJECT": "kilns", "GOOGLE_CLOUD_QUOTA_PROJECT": "quota"}
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(path), **projects}


def check_google(requests: Sequence[Request], protocol: str) -> None:
    """Compare what was sent: with the token that was given out, for the project and its quota."""
    headers = {"authorization": f"Bearer {TOKEN}", "x-goog-user-project": "quota"}
    Expected("https://telemetry.googleapis.com", headers).check(requests, protocol)
    for group in (group for request in requests for group in request.groups()):
        assert ["kilns"] == [one.value.string_value for one in group.resource.attributes if one.key == "gcp.project_id"]
