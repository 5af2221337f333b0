#!/bin/sh
# The football pipeline in the background of a project's folder, without a service manager. See docs/pipelines/football.md.

home=$(cd "$(dirname "$0")/.." && pwd)
cd "${SLUICE_PROJECT:-$home}" || exit 2

pid() { cat step1.pid 2>/dev/null; }

is_running() { kill -0 "$(pid)" 2>/dev/null; }

start() {
  if is_running; then
    echo "Pipeline is already running (PID: $(pid))"
    return
  fi
  nohup node "$home/bin/sluice.js" football --continuous --quiet "$@" < /dev/null >> step1_background.log 2>&1 &
  started=$!
  # A wrong setting ends it within these.
  sleep 3
  if kill -0 "$started" 2>/dev/null; then
    echo "Pipeline is started (PID: $started)"
  else
    tail -n 3 step1_background.log >&2
    echo "Pipeline did not start; step1_background.log tells why" >&2
    return 1
  fi
}

stop() {
  if ! is_running; then
    echo "Pipeline is not running"
    return
  fi
  running=$(pid)
  kill "$running"
  left=30
  while kill -0 "$running" 2>/dev/null; do
    if [ "$left" -eq 0 ]; then
      echo "Pipeline has not ended for 30 seconds (PID: $running)" >&2
      return 1
    fi
    left=$((left - 1))
    sleep 1
  done
  echo "Pipeline is stopped"
}

usage() {
  echo "Usage: deploy/football.sh start|restart [options of sluice football] | stop | status | logs | help"
}

command=${1:-help}
[ $# -gt 0 ] && shift

case $command in
  start) start "$@" ;;
  stop) stop ;;
  restart) stop && start "$@" ;;
  status) exec node "$home/bin/sluice.js" football health "$@" ;;
  logs) exec tail -n 20 -F step1.log ;;
  help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
