"""Alarms reach a person."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class AlarmsHaveActions(CloudFormationLintRule):
    id = "E9104"
    shortdesc = "Alarms have actions"
    description = "An alarm without an action is seen only by those who look already"
    tags = ["ours"]

    def match(self, cfn):
        for name, alarm in cfn.get_resources("AWS::CloudWatch::Alarm").items():
            for key in ("AlarmActions", "OKActions", "AlarmDescription", "TreatMissingData"):
                if not alarm["Properties"].get(key):
                    yield RuleMatch(["Resources", name], f"{key} is missing")
