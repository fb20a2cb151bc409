"""Data outlives its stack."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch

KEPT = {
    "AWS::Backup::BackupVault": {},
    "AWS::Cognito::UserPool": {"DeletionProtection": "ACTIVE"},
    "AWS::DynamoDB::Table": {
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
    "AWS::RDS::DBInstance": {"DeletionProtection": True, "StorageEncrypted": True, "MultiAZ": True},
    "AWS::S3::Bucket": {},
}


class DataIsKept(CloudFormationLintRule):
    id = "E9103"
    shortdesc = "Data is kept"
    description = "Stores survive the deletion of their stack, and are protected against their own"
    tags = ["ours"]

    def match(self, cfn):
        for kind, required in KEPT.items():
            for name, resource in cfn.get_resources(kind).items():
                for message in faults(resource, required):
                    yield RuleMatch(["Resources", name], message)


def faults(resource, required):
    """Yields the rules that a store breaks."""
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resource.get(policy) not in ("Retain", "Snapshot"):
            yield f"{policy} does not keep the data"
    for key, value in required.items():
        if resource.get("Properties", {}).get(key) != value:
            yield f"{key} is not {value}"
