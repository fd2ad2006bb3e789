"""``python -m slipway.serving BUNDLE``: the server, as the image runs it."""

import sys

from slipway.errors import SlipwayError
from slipway.serving.main import run


def main() -> None:
    """Serves, and exits with 2 and a sentence when that can't be done."""
    try:
        sys.exit(run(sys.argv[1:], "python -m slipway.serving"))
    except SlipwayError as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
