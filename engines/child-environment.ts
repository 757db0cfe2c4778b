/**
 * What of the worker's environment a child is given: what any program needs to run, and none of the worker's keys and passwords. A job has no
 * use for them, and whatever a child prints or leaves behind when it dies could show them.
 */
const NEEDED = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|JAVA_HOME|LD_LIBRARY_PATH|DYLD_.*|SYSTEMROOT)$/i;

export function childEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => NEEDED.test(name)));
}
