/** What must be on the machine before anything can be set up; each missing one with the command that brings it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

function output(command, args) {
  const run = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  return run.error === undefined && run.status === 0 ? `${run.stdout}${run.stderr}` : null;
}

function java() {
  const home = process.env.JAVA_HOME;
  const text = output(home === undefined || home === '' ? 'java' : join(home, 'bin', 'java'), ['-version']);
  // Java 8 calls itself 1.8.
  const match = text === null ? null : /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
}

function python() {
  const text = output('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  return text === null ? null : text.trim();
}

/** Lines for people; none where all is there. */
export function missingPrerequisites() {
  const missing = [];
  const node = Number(process.versions.node.split('.')[0]);
  if (node < 20) {
    missing.push(`Node 20 or later is needed, this is ${process.versions.node}.\n    Debian: curl -fsSL https://deb.nodesource.com/setup_24.x | sudo -E bash - && sudo apt install nodejs\n    macOS:  brew install node`);
  }
  const javaVersion = java();
  if (javaVersion === null || javaVersion < 17) {
    const found = javaVersion === null ? '`java` was not found (JAVA_HOME, PATH)' : `this is ${javaVersion}`;
    missing.push(`Java 17 or later is needed for Kafka; ${found}.\n    Debian: sudo apt install openjdk-17-jre-headless\n    macOS:  brew install openjdk@17 && export JAVA_HOME="$(brew --prefix openjdk@17)"`);
  }
  const pythonVersion = python();
  const [major, minor] = (pythonVersion ?? '0.0').split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 10)) {
    const found = pythonVersion === null ? '`python3` was not found on the PATH' : `this is ${pythonVersion}`;
    missing.push(`Python 3.10 or later is needed for the AWS emulator; ${found}.\n    Debian: sudo apt install python3 python3-venv\n    macOS:  brew install python`);
  } else if (output('python3', ['-c', 'import venv, ensurepip']) === null) {
    missing.push('Python\'s venv module is needed for the AWS emulator.\n    Debian: sudo apt install python3-venv\n    macOS:  brew install python');
  }
  return missing;
}

/** What tests want besides: the pages are driven in a real browser. */
export function missingForTests() {
  const named = process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = named === undefined || named === ''
    ? ['chromium', 'chromium-browser', 'google-chrome'].some((name) => folders.some((folder) => existsSync(join(folder, name))))
    : existsSync(named);
  return found ? [] : [
    `Chromium is needed to test the pages; ${named === undefined || named === '' ? 'it was not found on the PATH' : `CHROMIUM=${named} is not there`}.\n    Debian: sudo apt install chromium\n    macOS:  brew install --cask chromium && export CHROMIUM=/Applications/Chromium.app/Contents/MacOS/Chromium`,
  ];
}
