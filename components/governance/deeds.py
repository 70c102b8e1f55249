"""What should be rare in an account, as patterns of CloudTrail events: each is an alarm."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Deed:
    """`pattern` is CloudWatch Logs': one match in five minutes is enough."""

    name: str
    description: str
    pattern: str


# After the CIS AWS Foundations Benchmark, chapter "Monitoring":
# https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
DEEDS = (
    Deed(
        "root",
        "The root user did something",
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && '
        '$.eventType !="AwsServiceEvent"}',
    ),
    Deed(
        "console-without-mfa",
        "Somebody signed in to the console without a second factor",
        '{($.eventName="ConsoleLogin") && ($.additionalEventData.MFAUsed !="Yes") && '
        '($.userIdentity.type="IAMUser") && ($.responseElements.ConsoleLogin="Success")}',
    ),
    Deed(
        "trail-changed",
        "A trail was changed, stopped or deleted",
        "{($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || ($.eventName=StopLogging) || "
        "($.eventName=PutEventSelectors)}",
    ),
    Deed(
        "key-lost",
        "A key was switched off or is to be deleted",
        "{($.eventSource=kms.amazonaws.com) && "
        "(($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}",
    ),
    Deed(
        "guards-changed",
        "GuardDuty, Config or an analyzer was stopped or deleted",
        "{($.eventName=DeleteDetector) || ($.eventName=StopConfigurationRecorder) || "
        "($.eventName=DeleteConfigurationRecorder) || ($.eventName=DeleteDeliveryChannel) || "
        "($.eventName=DeleteAnalyzer)}",
    ),
    Deed(
        "long-lived-identity",
        "An IAM user or an access key was made",
        "{($.eventName=CreateUser) || ($.eventName=CreateAccessKey) || ($.eventName=CreateLoginProfile)}",
    ),
    Deed(
        "who-may-deploy",
        "A boundary, an OIDC provider or a GitHub role was changed",
        '{($.eventName="CreateOpenIDConnectProvider") || ($.eventName="UpdateOpenIDConnectProvider*") || '
        '($.eventName="DeleteRolePermissionsBoundary") || '
        '(($.eventName=UpdateAssumeRolePolicy) && ($.requestParameters.roleName="*-github-*"))}',
    ),
    Deed(
        "bucket-policy",
        "The policy or the public access block of a bucket was taken away",
        "{($.eventSource=s3.amazonaws.com) && (($.eventName=DeleteBucketPolicy) || "
        "($.eventName=DeleteBucketPublicAccessBlock) || ($.eventName=PutAccountPublicAccessBlock))}",
    ),
)
