"""What the back office's pages tell browsers to forbid: https://cheatsheetseries.owasp.org (HTTP headers)."""

import pulumi
import pulumi_aws as aws

HSTS_SECONDS = 2 * 365 * 24 * 3_600
_Headers = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs
_Csp = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs
_Hsts = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs
_FrameOptions = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs
_Referrer = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs
_NoSniff = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs
_FURTHER = {
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def content_security_policy(*hosts: str) -> str:
    """Files of the page's own site, and calls to it and to `hosts` over TLS: nothing else, nothing inline.

    `form-action 'none'`: the hosted login is navigated to, no form is sent there.
    """
    calls = " ".join(["'self'", *(f"https://{host}" for host in hosts)])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            f"connect-src {calls}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "upgrade-insecure-requests",
        ]
    )


def response_headers(
    name: str, *, calls: tuple[str, ...], opts: pulumi.ResourceOptions
) -> aws.cloudfront.ResponseHeadersPolicy:
    """The policy that CloudFront adds the headers by; `calls` are the hosts that the page may call."""
    return aws.cloudfront.ResponseHeadersPolicy(
        name,
        aws.cloudfront.ResponseHeadersPolicyArgs(
            comment="What the pages of the back office may not do",
            security_headers_config=_Headers(
                content_security_policy=_Csp(
                    content_security_policy=content_security_policy(*calls), override=True
                ),
                content_type_options=_NoSniff(override=True),
                frame_options=_FrameOptions(frame_option="DENY", override=True),
                referrer_policy=_Referrer(referrer_policy="no-referrer", override=True),
                strict_transport_security=_Hsts(
                    access_control_max_age_sec=HSTS_SECONDS, include_subdomains=True, override=True
                ),
            ),
            custom_headers_config=aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigArgs(
                items=[
                    aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigItemArgs(
                        header=header, value=value, override=True
                    )
                    for header, value in _FURTHER.items()
                ]
            ),
            remove_headers_config=aws.cloudfront.ResponseHeadersPolicyRemoveHeadersConfigArgs(
                items=[aws.cloudfront.ResponseHeadersPolicyRemoveHeadersConfigItemArgs(header="Server")]
            ),
        ),
        opts=opts,
    )
