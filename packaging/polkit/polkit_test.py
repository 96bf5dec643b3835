#!/usr/bin/env python3
"""The polkit rule gives hostd's user exactly what its calls need, and nobody anything else.

    polkit_test.py NODE
"""
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CALLS = re.compile(r"\b(vir(?:Connect|Domain|Node)[A-Z]\w+)\(")
# By https://libvirt.org/acl.html, and <acls> in the libvirt-api.xml of libvirt 12.8. A call that is new in hostd has to
# be looked up there.
ATTRIBUTES, SEARCH, READ, WRITE = "connect.getattr", "connect.search-domains", "domain.read", "domain.write"
CHANGE = {WRITE, "domain.save"}  # The second with VIR_DOMAIN_AFFECT_CONFIG.
NEEDS = {
    "virConnectOpen": {ATTRIBUTES}, "virConnectGetLibVersion": {ATTRIBUTES}, "virConnectGetType": {ATTRIBUTES},
    "virConnectGetURI": {ATTRIBUTES}, "virConnectGetVersion": {ATTRIBUTES},
    "virConnectRegisterCloseCallback": {ATTRIBUTES}, "virConnectUnregisterCloseCallback": {ATTRIBUTES},
    "virConnectClose": set(), "virConnectIsAlive": set(), "virConnectSetKeepAlive": set(),
    "virConnectDomainEventRegisterAny": {SEARCH, "domain.getattr"},
    "virConnectDomainEventDeregisterAny": {"connect.read"},
    "virConnectGetAllDomainStats": {SEARCH, READ}, "virNodeGetInfo": {"connect.read"},
    "virDomainLookupByUUIDString": {"domain.getattr"}, "virDomainGetJobInfo": {READ}, "virDomainIsPersistent": {READ},
    "virDomainGetControlInfo": {READ},
    "virDomainGetXMLDesc": {READ},  # Without the flags that ask for secrets.
    "virDomainFree": set(), "virDomainGetName": set(), "virDomainGetUUIDString": set(), "virDomainRef": set(),
    "virDomainStatsRecordListFree": set(),
    "virDomainSetMemoryFlags": CHANGE, "virDomainSetMemoryStatsPeriod": CHANGE, "virDomainSetMetadata": CHANGE,
    "virDomainSetVcpusFlags": CHANGE, "virDomainUpdateDeviceFlags": CHANGE,
    "virDomainAgentSetResponseTimeout": {WRITE}, "virDomainGetGuestVcpus": {WRITE}, "virDomainSetGuestVcpus": {WRITE},
    # Of the demo and the tests, which start and end guests of their own by another user.
    "virDomainCreateXML": set(), "virDomainDestroy": set(),
}
# Every permission of guests, and of others a few that would hurt.
REFUSED = ["connect.detect-storage-pools", "connect.interface-transaction", "connect.pm-control", "connect.write",
           "domain.block-read", "domain.block-write", "domain.core-dump", "domain.delete", "domain.fs-freeze",
           "domain.fs-trim", "domain.hibernate", "domain.init-control", "domain.inject-nmi", "domain.mem-read",
           "domain.migrate", "domain.open-device", "domain.open-graphics", "domain.open-namespace",
           "domain.pm-control", "domain.read-secure", "domain.reset", "domain.screenshot", "domain.send-input",
           "domain.send-signal", "domain.set-password", "domain.set-time", "domain.snapshot", "domain.start",
           "domain.stop", "domain.suspend", "network.write", "node-device.detach", "secret.read-secure",
           "storage-vol.data-write"]
ASK = """
const fs = require('fs');
const {file, actions, user} = JSON.parse(process.argv[1]);
const Result = {YES: 'yes', NO: 'no', NOT_HANDLED: 'not handled'};
let rules = [];
new Function('polkit', fs.readFileSync(file, 'utf8'))({Result, addRule: (rule) => rules.push(rule)});
if (rules.length !== 1) throw new Error(`${rules.length} rules`);
console.log(JSON.stringify(actions.map((id) => rules[0]({id}, {user}))));
"""
node = sys.argv[1]


def answers(user, *actions):
    question = json.dumps({"file": str(HERE / "60-dynascale-hostd.rules"), "actions": actions, "user": user})
    said = subprocess.run([node, "-e", ASK, question], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def called():
    files = (HERE.parent.parent / "hostd/libvirt").glob("*.?pp")
    return {name for file in files for name in CALLS.findall(file.read_text())}


class PolkitRule(unittest.TestCase):
    def test_knows_every_call(self):
        self.assertEqual(called() - set(NEEDS), set())

    def test_gives_what_the_calls_need_and_no_more(self):
        needed = set().union(*(NEEDS[name] for name in called()))
        actions = [f"org.libvirt.api.{name}" for name in sorted(needed | set(REFUSED))]
        said = dict(zip(actions, answers("dynascale", *actions)))
        self.assertEqual({name.removeprefix("org.libvirt.api.") for name, answer in said.items() if answer == "yes"},
                         needed)
        self.assertEqual({answer for answer in said.values() if answer != "yes"}, {"no"})

    def test_lists_nothing_that_no_call_needs(self):
        listed = re.findall(r"'org\.libvirt\.api\.([a-z.-]+)'", (HERE / "60-dynascale-hostd.rules").read_text())
        self.assertEqual(set(listed), set().union(*(NEEDS[name] for name in called())))

    def test_opens_the_socket(self):
        self.assertEqual(answers("dynascale", "org.libvirt.unix.manage"), ["yes"])

    def test_leaves_other_users_and_other_actions_to_other_rules(self):
        self.assertEqual(answers("libvirt-user", "org.libvirt.unix.manage"), ["not handled"])
        self.assertEqual(answers("dynascale", "org.freedesktop.systemd1.manage-units"), ["not handled"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
