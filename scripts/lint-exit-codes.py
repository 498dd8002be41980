"""Holds what schedules the job to the program's own table of exit codes.

Every code that a run can end with is either tried again or not, and the unit and the CronJob must agree
on which, leave none out, and name none that the program doesn't have.
"""

import pathlib
import re
import sys

import yaml


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


codes = set(map(int, re.findall(r"case \w+ = (\d+)", read("Sources/Jobs/Run/ExitCode.swift")))) - {0}
final = re.search(r"^RestartPreventExitStatus=(.*)$", read("jobs/ncf-batch@.service"), re.M)[1]
final = set(map(int, final.split()))
again = codes - final

documents = {d["kind"]: d for d in yaml.safe_load_all(read("jobs/kubernetes.yaml"))}
cron = documents["CronJob"]["spec"]
job = cron["jobTemplate"]["spec"]
pod = job["template"]["spec"]
[container] = pod["containers"]
rules = {rule["action"]: rule for rule in job["podFailurePolicy"]["rules"]}
exits = {action: rules[action]["onExitCodes"] for action in ("FailJob", "Count")}
secrets = [v["value"].rsplit("/", 1)[1] for v in container["env"] if v["name"] == "PGSERVICEFILE"]
checks = [
    ("codes in the unit that the program doesn't have", final - codes, set()),
    ("FailJob", set(exits["FailJob"]["values"]), final),
    ("Count", set(exits["Count"]["values"]), again | {137}),
    ("containers", [rule["containerName"] for rule in exits.values()], [container["name"]] * 2),
    ("Ignore", rules["Ignore"]["onPodConditions"][0]["type"], "DisruptionTarget"),
    ("concurrencyPolicy", cron["concurrencyPolicy"], "Forbid"),
    ("restartPolicy", pod["restartPolicy"], "Never"),
    ("startingDeadlineSeconds", cron.get("startingDeadlineSeconds", 0) > 0, True),
    ("activeDeadlineSeconds", job.get("activeDeadlineSeconds", 0) > 0, True),
    ("the pod's user, the image's own", pod["securityContext"]["runAsUser"],
     int(re.search(r"--uid (\d+)", read("Dockerfile"))[1])),
    ("runAsNonRoot", pod["securityContext"]["runAsNonRoot"], True),
    ("the container's rights", container["securityContext"], {
        "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
    ("files that the secret doesn't have", set(secrets) - set(documents["Secret"]["stringData"]), set()),
    *((f"codes that {place} doesn't explain",
       codes - set(map(int, re.findall(r"^\| (\d+) \|", read(place), re.M))), set())
      for place in ("README.md", "jobs/README.md")),
]
problems = [f"lint-exit-codes: {what}: found {found!r}, wanted {wanted!r}"
            for what, found, wanted in checks if found != wanted]
sys.exit("\n".join(problems) or 0)
