# Put before the commands of a page: a server goes to the background until the next one, or the end of the page.
set -euo pipefail
server=

curl() { command curl --fail-with-body "$@"; }

finish() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  server=
  if [ -d .slipway/servers ]; then command slipway down; fi
}
trap finish EXIT

ready() {
  local port=$SLIPWAY_PORT url=http access=()
  while [ $# -gt 0 ]; do
    case $1 in
      --port) port=$2 ;;
      --tls-key) url=https access=(--insecure --cert client.pem --key client.key) ;;
    esac
    shift
  done
  until command curl --silent --fail "${access[@]}" --output ready "$url://127.0.0.1:$port/readyz"; do
    kill -0 "$server"
    sleep 0.05
  done
}

slipway() {
  case $1 in
    serve)
      finish
      command slipway "$@" &
      server=$!
      ready "$@"
      ;;
    init)
      command slipway "$@"
      # One candidate on its defaults, so that a run is short; a busy machine's latency decides nothing.
      sed -i "s/^candidates: .*/candidates: [logistic]/; s/^  port: .*/  port: $SLIPWAY_PORT/" slipway.yaml
      printf 'search: {trials: 1, repeats: 1, folds: 0}\ngates: {max_latency_ms: 1000, resamples: 100}\n' >> slipway.yaml
      ;;
    run)
      finish
      command slipway "$@"
      ;;
    *) command slipway "$@" ;;
  esac
}
