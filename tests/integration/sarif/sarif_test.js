/*
 * What `dynascale-check scan -f sarif` prints, against the schema of SARIF 2.1.0 and what GitHub's code scanning asks
 * for beyond it (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning).
 *
 *   sarif_test.js BUILD/bin/dynascale-check FOLDER_OF_NPM FIXTURES
 */
'use strict';
const assert = require('assert');
const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const [program, packages, fixtures] = process.argv.slice(2);
const modules = path.join(packages, 'node_modules');
const Ajv = require(path.join(modules, 'ajv'));
const schema = JSON.parse(
  fs.readFileSync(path.join(modules, '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'));
const validator = new Ajv({ allErrors: true, schemaId: 'auto' });
validator.addMetaSchema(require(path.join(modules, 'ajv/lib/refs/json-schema-draft-04.json')));
const validate = validator.compile(schema);

function scan(folder, ...paths) {
  const run = spawnSync(program, ['scan', '-f', 'sarif', '--include-tests', ...paths], { cwd: folder });
  assert.ok([0, 1, 3].includes(run.status), `exit ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout.toString());
}

function mustBeValid(log) {
  assert.ok(validate(log), JSON.stringify(validate.errors, null, 1));
}

const tests = {
  'every rule that fixtures fire is told in a valid log'() {
    const log = scan(fixtures, '.');
    mustBeValid(log);
    assert.ok(log.runs[0].results.length > 100, 'the fixtures give results');
  },

  'names and text beyond ASCII, broken UTF-8 and what cannot be read stay valid'() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynascale-sarif-'));
    try {
      fs.mkdirSync(path.join(folder, 'a b#c%'));
      fs.writeFileSync(path.join(folder, 'a b#c%', 'größe.py'), 'import os\nN = os.cpu_count()  # ☃ "quoted"\n');
      fs.writeFileSync(path.join(folder, 'latin.py'), Buffer.from('import os\nN = os.cpu_count()  # \xe9\x01\n', 'latin1'));
      const log = scan(folder, '.', 'absent');
      mustBeValid(log);
      assert.strictEqual(log.runs[0].results.length, 2);
      assert.ok(log.runs[0].invocations[0].toolExecutionNotifications.length > 0);
      assert.strictEqual(log.runs[0].invocations[0].executionSuccessful, false);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },

  'an empty result is valid, and declares all rules'() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynascale-sarif-'));
    try {
      const log = scan(folder, '.');
      mustBeValid(log);
      assert.deepStrictEqual(log.runs[0].results, []);
      assert.ok(log.runs[0].tool.driver.rules.length > 30);
      assert.strictEqual(log.runs[0].invocations[0].executionSuccessful, true);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },

  'GitHub can place, group and explain every result'() {
    const log = scan(fixtures, '.');
    const { rules } = log.runs[0].tool.driver;
    for (const rule of rules) {
      assert.ok(rule.shortDescription.text.length <= 1024 && rule.fullDescription.text.length <= 1024, rule.id);
      assert.ok(rule.help.text, rule.id);
    }
    for (const result of log.runs[0].results) {
      assert.strictEqual(rules[result.ruleIndex].id, result.ruleId);
      assert.ok(['error', 'warning', 'note'].includes(result.level));
      assert.ok(Object.keys(result.partialFingerprints).length > 0);
      const { artifactLocation, region } = result.locations[0].physicalLocation;
      assert.ok(!/^(\/|[a-z]+:|\.\.)/.test(artifactLocation.uri), artifactLocation.uri);
      assert.ok(region.startLine >= 1 && region.startColumn >= 1);
    }
  },

  'the validator refuses what is wrong'() {
    const log = scan(fixtures, '.');
    log.runs[0].results[0].level = 'bad';
    delete log.runs[0].tool;
    assert.ok(!validate(log));
    assert.ok(validate.errors.length >= 2);
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    test();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.message}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
