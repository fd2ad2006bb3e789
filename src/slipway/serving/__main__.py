"""``python -m slipway.serving BUNDLE``: the server, as the image runs it."""

import argparse
import sys
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.serving.main import serve


def main() -> None:
    """Serves, and exits with 2 and a sentence when that can't be done."""
    parser = argparse.ArgumentParser(prog="python -m slipway.serving", description="Serves a bundle.")
    parser.add_argument("bundle", help="the bundle: a folder or a URI")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on")
    parser.add_argument("--digest", help="the digest it must have")
    parser.add_argument("--alive-until", type=Path, help="file with the moment until which to be ready")
    options = parser.parse_args()
    try:
        serve(options.bundle, options.host, options.port, options.digest, options.alive_until)
    except SlipwayError as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
