/** A setting that another one makes necessary. */
import type { Configuration, SettingName } from '../contract/configuration';
import { SluiceError } from '../contract/errors';

/** `why` and `instead` go on the sentence of the message. */
export function neededSetting<Name extends SettingName>(configuration: Configuration, name: Name, why: string, instead: string): NonNullable<Configuration[Name]> {
  const value = configuration[name];
  if (value !== undefined && value !== null) return value;
  throw new SluiceError({
    kind: 'configuration', what: `${name} is missing: ${why}`, on: name, fix: `Set it (docs/deploy-it.md says how the job is made), or ${instead}`, fields: { setting: name },
  });
}
