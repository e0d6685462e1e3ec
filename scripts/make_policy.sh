#!/usr/bin/env bash
# Replaces the policy that ships with ROBOT by that of a run folder, or rebuilds it (after a change to the bundle's format):
# the bundle in the robot's folder, the checkpoint it is of, and what the full gate found through the very file that is
# shipped. What was there before stays until all of it is right; files of yours in the bundle's folder stay.
set -euo pipefail

PY=${PY:-.venv/bin/python}
robot=playground_amp/robots/${ROBOT:-wildrobot}
box=$robot/policy
run=${1:-$box}

[ -f "$robot/robot.yaml" ] || { echo "error: no robot ${ROBOT:-} ships: name one of $(cd playground_amp/robots && echo */robot.yaml | sed 's,robot.yaml,,g')" >&2; exit 2; }

# A Mac has neither `ls -v` nor sha256sum.
numbered='s/.*final_iter_\([0-9]*\).pkl/\1 &/'
checkpoint=$({ ls "$run"/final_iter_*.pkl 2>/dev/null || true; } | sed "$numbered" | sort -n | tail -n 1 | cut -d ' ' -f 2-)
[ -n "$checkpoint" ] || { echo "error: $run holds no final_iter_<N>.pkl" >&2; exit 2; }
sum_of() { { sha256sum <"$1" 2>/dev/null || shasum -a 256 <"$1"; } | cut -d ' ' -f 1; }

work=$(mktemp -d "$robot/.policy.XXXXXX") # beside the box: renamed, never copied
trap 'rm -rf "$work"' EXIT
fresh=$work/fresh before=$work/before

"$PY" playground_amp/export.py --checkpoint "$checkpoint" --output "$fresh"
# The program for the robot is the package's own here: a copy would fall behind.
"$PY" - "$fresh" <<'PYTHON'
import json, pathlib, sys
fresh = pathlib.Path(sys.argv[1])
manifest = json.loads((fresh / "manifest.json").read_text())
manifest["files"].pop("run.pyz", None)
(fresh / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
(fresh / "run.pyz").unlink(missing_ok=True)
PYTHON
"$PY" playground_amp/evaluate.py --bundle "$fresh" --gate walk --json "$fresh/gate_walk.json"
"$PY" playground_amp/verify.py "$fresh" --write-card "$fresh"
cp "$checkpoint" "$fresh/"
if [ -f "$run/report.html" ]; then cp "$run/report.html" "$fresh/"; fi

# What this script wrote earlier goes; all else is somebody's and stays. From here on nothing is thrown away until
# the new one stands.
trap - EXIT
mkdir "$before"
for name in policy.onnx golden.json runtime.py report.json gate_walk.json card.json card.md report.html; do
  if [ -f "$box/$name" ]; then mv "$box/$name" "$before/"; fi
done
for old in "$box"/final_iter_*.pkl; do
  if [ -f "$old" ] && grep -qs "$(sum_of "$old")" "$box/manifest.json"; then mv "$old" "$before/"; fi
done
if [ -f "$box/manifest.json" ]; then mv "$box/manifest.json" "$before/"; fi
mkdir -p "$box"
mv "$fresh"/* "$box/"
rm -rf "$work"
echo "the bundled policy is now that of $checkpoint: $box"
