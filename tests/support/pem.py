"""PEM text that decodes and stands for nobody's certificate."""

import base64


def pem(label: str = "CERTIFICATE", size: int = 40, end: str = "\n") -> str:
    """Return one block with a DER sequence of `size` zero bytes."""
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2)
    text = base64.b64encode(b"\x30" + length + bytes(size)).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return end.join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))
