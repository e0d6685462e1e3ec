#!/usr/bin/env bash
# Makes the policy in the box out of a run folder, or anew out of the box itself (after a change to the bundle's form):
# the bundle in policies/walk, the checkpoint it is of, and what the full gate found through the very file that is
# shipped. What was there before stays until all of it is right.
set -euo pipefail

PY=${PY:-.venv/bin/python}
box=policies/walk
run=${1:-$box}
fresh=build/policy

checkpoint=$(ls -v "$run"/final_iter_*.pkl 2>/dev/null | tail -n 1)
[ -n "$checkpoint" ] || { echo "error: $run holds no final_iter_<N>.pkl" >&2; exit 2; }

"$PY" playground_amp/export.py --checkpoint "$checkpoint" --output "$fresh"
"$PY" playground_amp/evaluate.py --bundle "$fresh" --gate walk --json "$fresh/gate_walk.json"
cp "$checkpoint" "$fresh/"
if [ -f "$run/report.html" ]; then cp "$run/report.html" "$fresh/"; fi
rm -rf "$box"
mkdir -p "$(dirname "$box")"
mv "$fresh" "$box"
echo "the policy in the box is now that of $checkpoint: $box"
