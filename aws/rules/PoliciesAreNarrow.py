"""Policies allow named actions on named resources."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch

# Actions that take no resource.
WITHOUT_RESOURCE = {"dynamodb:ListStreams", "dynamodb:ListTables", "ecr:GetAuthorizationToken"}

# Policies of AWS that a role may have, by the end of their names. PowerUserAccess belongs to CloudFormation's role.
MANAGED = {
    "AmazonRDSEnhancedMonitoringRole",
    "AWSBackupServiceRolePolicyForBackup",
    "PowerUserAccess",
}


# Path of what the stack makes, and of what it cannot change.
MADE, KEPT = "/cruddur-messages/", "/cruddur-messages-deploy/"


class PoliciesAreNarrow(CloudFormationLintRule):
    id = "E9102"
    shortdesc = "Policies are narrow"
    description = "No action and no resource is a wildcard, and roles have the path and the boundary of the stack"
    tags = ["ours"]

    def match(self, cfn):
        for kind in ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for name, resource in cfn.get_resources(kind).items():
                for message in faults(kind, resource["Properties"]):
                    yield RuleMatch(["Resources", name], message)


def faults(kind, properties):
    """Yields the rules that a role or policy breaks."""
    path = properties.get("Path")
    if kind != "AWS::IAM::Policy" and path not in (MADE, KEPT):
        yield f"the path is neither {MADE} nor {KEPT}"
    if kind == "AWS::IAM::Role" and path == MADE and "PermissionsBoundary" not in properties:
        yield "there is no boundary"
    for policy in properties.get("ManagedPolicyArns", []):
        arn = policy.get("Fn::Sub", "") if isinstance(policy, dict) else policy
        if arn and arn.rsplit("/", 1)[-1] not in MANAGED:
            yield f"{arn} is not among the policies that a role may have"
    documents = [it["PolicyDocument"] for it in properties.get("Policies", [])]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    for statement in (statement for document in documents for statement in document["Statement"]):
        if statement["Effect"] == "Allow":
            yield from faults_of_statement(statement)


def faults_of_statement(statement):
    """Yields the rules that a statement breaks. A boundary allows nothing by itself, and excludes."""
    if "NotAction" in statement:
        return
    actions = as_list(statement.get("Action", "*"))
    for action in actions:
        if "*" in action:
            yield f"{action} is a wildcard"
    if "*" in as_list(statement.get("Resource", "*")) and not WITHOUT_RESOURCE.issuperset(actions):
        yield f"{', '.join(actions)} on every resource"


def as_list(value):
    """Returns a list as it is, and anything else as the only element of one."""
    return value if isinstance(value, list) else [value]
