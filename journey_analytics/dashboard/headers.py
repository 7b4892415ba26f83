"""What every answer of the dashboard says to the browser: our own scripts alone, in no frame, kept by nobody."""

from collections.abc import Iterable, Mapping


def security_headers(inline_scripts: Iterable[str] = ()) -> Mapping[str, str]:
    """The headers of every answer.

    Args:
        inline_scripts: hashes, as a policy writes them, of the scripts that the page carries inline. No text is ever
            evaluated as a script. Styles may be inline: figures set the place of each label that way.
    """
    scripts = " ".join(("'self'", *inline_scripts))
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
