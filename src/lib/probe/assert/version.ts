import semver from 'semver'

/** A range of semantic versions, in npm's form: `>=1.2.0 <2`. @throws Error for what is none */
export function parseRange(text: string): (version: string) => boolean | undefined {
  const range = new semver.Range(text)
  return version => {
    // `v1.2` and `nginx/1.27.3` are versions to people.
    const parsed = semver.parse(version) ?? semver.coerce(version)
    return parsed === null ? undefined : range.test(parsed)
  }
}
