"""Nothing but CloudFront can be reached from the internet."""

from cfnlint.rules import CloudFormationLintRule, RuleMatch

ANYWHERE = ("0.0.0.0/0", "::/0")


class OnlyTheEdgeIsPublic(CloudFormationLintRule):
    id = "E9105"
    shortdesc = "Only the edge is public"
    description = "No group lets anyone in, and CloudFront speaks no old TLS and reads buckets in its own name only"
    tags = ["ours"]

    def match(self, cfn):
        for name, group in cfn.get_resources("AWS::EC2::SecurityGroup").items():
            for rule in group["Properties"].get("SecurityGroupIngress", []):
                if rule.get("CidrIp") in ANYWHERE or rule.get("CidrIpv6") in ANYWHERE:
                    yield RuleMatch(["Resources", name], "it is open to the internet")
        for name, service in cfn.get_resources("AWS::ECS::Service").items():
            network = service["Properties"].get("NetworkConfiguration", {}).get("AwsvpcConfiguration", {})
            if network.get("AssignPublicIp") != "DISABLED":
                yield RuleMatch(["Resources", name], "its tasks may have public addresses")
        for name, database in cfn.get_resources("AWS::RDS::DBInstance").items():
            if database["Properties"].get("PubliclyAccessible") is not False:
                yield RuleMatch(["Resources", name], "it may have a public address")
        for name, distribution in cfn.get_resources("AWS::CloudFront::Distribution").items():
            for message in faults(distribution["Properties"]["DistributionConfig"]):
                yield RuleMatch(["Resources", name], message)


def faults(config):
    """Yields the rules that a distribution breaks."""
    if not str(config.get("ViewerCertificate", {}).get("MinimumProtocolVersion")).startswith(("TLSv1.2", "TLSv1.3")):
        yield "browsers may speak TLS below 1.2"
    for behavior in [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", [])]:
        if behavior.get("ViewerProtocolPolicy") not in ("https-only", "redirect-to-https"):
            yield "browsers may speak HTTP"
    for origin in config["Origins"]:
        custom = origin.get("CustomOriginConfig")
        if custom is None and "OriginAccessControlId" not in origin:
            yield f"the bucket of {origin['Id']} must be public"
        if custom is not None and custom.get("OriginProtocolPolicy") != "https-only":
            yield f"{origin['Id']} is reached by HTTP"
