"""Containers run confined, and get their secrets as secrets."""

import re

from cfnlint.rules import CloudFormationLintRule, RuleMatch

SECRET = re.compile(r"PASSWORD|SECRET|SESSION_KEY|NATS_URL|TOKEN")


class TasksAreConfined(CloudFormationLintRule):
    id = "E9101"
    shortdesc = "Containers are confined"
    description = "A root file system is read-only, the user is not root, and no secret is a plain variable"
    tags = ["ours"]

    def match(self, cfn):
        for name, task in cfn.get_resources("AWS::ECS::TaskDefinition").items():
            for index, container in containers(task["Properties"]):
                path = ["Resources", name, "Properties", "ContainerDefinitions", index]
                for message in faults(container):
                    yield RuleMatch(path, f"{container.get('Name')}: {message}")


def containers(properties):
    """Yields the containers, also those of a condition."""
    for index, container in enumerate(properties.get("ContainerDefinitions", [])):
        if "Fn::If" in container:
            container = container["Fn::If"][1]
        yield index, container


def faults(container):
    """Yields the rules that a container breaks. A helper that ends before the program starts may be root."""
    if container.get("ReadonlyRootFilesystem") is not True:
        yield "the root file system is writable"
    if container.get("User") in (None, "root", "0") and container.get("Essential") is not False:
        yield "the user is root"
    if container.get("Privileged"):
        yield "it is privileged"
    if "LogConfiguration" not in container:
        yield "its log is lost"
    for variable in container.get("Environment", []):
        if SECRET.search(str(variable.get("Name", ""))):
            yield f"{variable['Name']} is a secret, so it belongs into Secrets"
