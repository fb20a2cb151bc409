"""Nothing but the load balancer can be reached from the internet."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch

ANYWHERE = ("0.0.0.0/0", "::/0")


class OnlyTheEntryIsPublic(CloudFormationLintRule):
    id = "E9105"
    shortdesc = "Only the entry is public"
    description = "Only the group of the load balancer lets anyone in, at the ports 80 and 443"
    tags = ["ours"]

    def match(self, cfn):
        for name, group in cfn.get_resources("AWS::EC2::SecurityGroup").items():
            for rule in group["Properties"].get("SecurityGroupIngress", []):
                is_open = rule.get("CidrIp") in ANYWHERE or rule.get("CidrIpv6") in ANYWHERE
                is_entry = name == "LoadBalancerGroup" and rule["FromPort"] == rule["ToPort"] in (80, 443)
                if is_open and not is_entry:
                    yield RuleMatch(["Resources", name], "it is open to the internet")
        for name, service in cfn.get_resources("AWS::ECS::Service").items():
            network = service["Properties"].get("NetworkConfiguration", {}).get("AwsvpcConfiguration", {})
            if network.get("AssignPublicIp") != "DISABLED":
                yield RuleMatch(["Resources", name], "its tasks may have public addresses")
        for name, database in cfn.get_resources("AWS::RDS::DBInstance").items():
            if database["Properties"].get("PubliclyAccessible") is not False:
                yield RuleMatch(["Resources", name], "it may have a public address")
