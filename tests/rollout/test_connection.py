import json
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from urllib3.util import Retry

from slipway.errors import RolloutError
from slipway.rollout import connection
from slipway.rollout.api import Cluster
from slipway.rollout.connection import RefusedError, told

FORBIDDEN = (
    'deployments.apps "churn" is forbidden: User "system:serviceaccount:kubeflow:pipeline-runner" cannot patch '
    'resource "deployments" in API group "apps" in the namespace "shop"'
)


@pytest.mark.parametrize(
    ("status", "body", "sentences"),
    [
        (401, {"message": "Unauthorized"}, ["log in to the cluster again"]),
        (403, {"message": FORBIDDEN}, ['cannot patch resource "deployments"', "bind the Role slipway-deployer"]),
        (404, {"message": 'namespaces "shop" not found'}, ["create the namespace first", "serving.namespace"]),
        (404, "404 page not found", ["does not know this kind of object: install its CRD"]),
        (409, {"message": 'conflict with "helm": .spec.replicas'}, ["someone else manages these fields"]),
        (503, "<html>busy</html>", ["(503): <html>busy</html>"]),
    ],
)
def test_a_refusal_says_what_to_do(status: int, body: Any, sentences: list[str]) -> None:
    error = ApiException(status=status, reason="no")
    error.body = body if isinstance(body, str) else json.dumps(body)
    with (
        pytest.raises(RefusedError, match="refused to apply Deployment 'churn'") as caught,
        told("apply Deployment 'churn' in namespace 'shop'", "lab"),
    ):
        raise error
    assert caught.value.status == status
    assert "context 'lab'" in str(caught.value)
    assert all(sentence in str(caught.value) for sentence in sentences)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Retry:
    """The retries, without the waiting between them."""
    made = connection._RETRIES.new(backoff_factor=0.001)
    monkeypatch.setattr(connection, "_RETRIES", made)
    return made


@pytest.mark.parametrize("answers", [2, 100], ids=["a moment", "for good"])
def test_an_api_server_that_is_away_is_asked_again_but_not_for_ever(cluster: Any, quick: Retry, answers: int) -> None:
    cluster.emulator.away = answers
    lab = Cluster.connect("lab", "default")
    if answers < (quick.total or 0):
        assert lab.get("Service", "churn") is None
        assert cluster.emulator.away == 0
        return
    with pytest.raises(RolloutError, match="refused to look at Service 'churn' in namespace 'default' .503.: busy"):
        lab.get("Service", "churn")
    assert cluster.emulator.away == answers - 1 - int(quick.total or 0)


def test_the_retries_have_a_deadline() -> None:
    retries, waited = connection._RETRIES, 0.0
    while retries.total:
        retries = retries.increment("GET", "/", error=ConnectionResetError())
        waited += retries.get_backoff_time()
    assert 20 < waited < 60


def test_inside_of_a_cluster_its_service_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("TOKEN", "secret"), ("CERT", "authority")):
        (tmp_path / name).write_text(content)
        monkeypatch.setattr(f"kubernetes.config.incluster_config.SERVICE_{name}_FILENAME", str(tmp_path / name))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    found = connection.connect("").configuration
    assert found.host == "https://10.0.0.1:443"
    assert found.get_api_key_with_prefix("authorization") == "bearer secret"
    assert found.ssl_ca_cert == str(tmp_path / "CERT")
    assert found.retries is connection._RETRIES
