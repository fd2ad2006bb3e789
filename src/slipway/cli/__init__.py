"""The command line."""

import sys


def main() -> None:
    """Runs the command line and exits: 0 done, 2 a mistake of the user, 3 a gate said no, 1 a bug.

    ``slipway submit`` also has codes for how a run on KFP ended; see its help.
    """
    from slipway.cli.app import app
    from slipway.errors import GateError, SlipwayError, StepError

    try:
        app(prog_name="slipway")
    except SlipwayError as error:
        sys.stderr.write(f"slipway: {error}\n")
        if isinstance(error, GateError | StepError) and error.failures:
            from slipway.cli.failures import show

            show(error.failures)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("slipway: interrupted; nothing unfinished is taken for finished\n")
        sys.exit(130)
