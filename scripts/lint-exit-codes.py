"""Holds what schedules the job to the program's own table of exit codes.

Every code that a run can end with is either tried again or not, and the unit and the CronJob must agree
on which, leave none out, and name none that the program doesn't have.
"""

import re
import sys

import yaml

problems = []


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def expect(what, found, wanted):
    if found != wanted:
        problems.append(f"{what}: found {found!r}, wanted {wanted!r}")


codes = {int(code) for code in re.findall(r"case \w+ = (\d+)", read("Sources/Jobs/Run/ExitCode.swift"))}
codes.discard(0)
unit = read("jobs/ncf-batch@.service")
final = set(map(int, re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M)[1].split()))
expect("codes in the unit that the program doesn't have", final - codes, set())
again = codes - final

documents = {d["kind"]: d for d in yaml.safe_load_all(read("jobs/kubernetes.yaml"))}
cron = documents["CronJob"]["spec"]
job = cron["jobTemplate"]["spec"]
pod = job["template"]["spec"]
[container] = pod["containers"]
rules = {rule["action"]: rule for rule in job["podFailurePolicy"]["rules"]}
expect("FailJob", set(rules["FailJob"]["onExitCodes"]["values"]), final)
expect("Count", set(rules["Count"]["onExitCodes"]["values"]), again | {137})
for action in ("FailJob", "Count"):
    expect(action, rules[action]["onExitCodes"]["containerName"], container["name"])
expect("Ignore", rules["Ignore"]["onPodConditions"][0]["type"], "DisruptionTarget")
expect("concurrencyPolicy", cron["concurrencyPolicy"], "Forbid")
expect("restartPolicy", pod["restartPolicy"], "Never")
for key, where in (("startingDeadlineSeconds", cron), ("activeDeadlineSeconds", job)):
    expect(key, where.get(key, 0) > 0, True)
expect("runAsNonRoot", pod["securityContext"]["runAsNonRoot"], True)
expect("readOnlyRootFilesystem", container["securityContext"]["readOnlyRootFilesystem"], True)
expect("allowPrivilegeEscalation", container["securityContext"]["allowPrivilegeEscalation"], False)
expect("capabilities", container["securityContext"]["capabilities"], {"drop": ["ALL"]})
user = re.search(r"--uid (\d+)", read("Dockerfile"))[1]
expect("runAsUser, the image's own", str(pod["securityContext"]["runAsUser"]), user)
secret = set(documents["Secret"]["stringData"])
for variable in container["env"]:
    if variable["name"] == "PGSERVICEFILE":
        expect("the secret's file", variable["value"].rsplit("/", 1)[1] in secret, True)

for place in ("README.md", "jobs/README.md"):
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", read(place), re.M)}
    expect(f"codes that {place} doesn't explain", codes - table, set())

for problem in problems:
    print(f"lint-exit-codes: {problem}", file=sys.stderr)
sys.exit(1 if problems else 0)
