/** What a system's error about a file means, in a sentence. */
import { Effect } from "effect"
import { failure, ObjectStoreError } from "../ObjectStoreError.ts"

export const codeOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : undefined

export type Verb = "read" | "written" | "listed" | "deleted"

export const of = (uri: string, verb: Verb, error: unknown): ObjectStoreError => {
  if (error instanceof ObjectStoreError) return error
  const code = codeOf(error)
  switch (code) {
    case "ENOENT":
      return failure("missing", uri, `There is no file ${uri}; check the path and the folder that it starts from.`)
    case "EISDIR":
      return failure("missing", uri, `${uri} is a folder and no file; name a file in it, or list it as ${uri.replace(/\/*$/, "/")}.`)
    case "ENOTDIR":
    case "EEXIST":
      return verb === "written"
        ? failure("invalid", uri, `${uri} cannot be written: a part of its path is a file and no folder; choose another path.`)
        : failure("missing", uri, `There is no file ${uri}: a part of its path is a file and no folder.`)
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return failure("denied", uri, `${uri} may not be ${verb} by this user; check the permissions of the file and its folders.`)
    case "ENAMETOOLONG":
      return failure("invalid", uri, `${uri.slice(0, 80)}… cannot be ${verb}: a part of its path is longer than the file system allows.`)
    case "ENOSPC":
    case "EDQUOT":
      return failure("unavailable", uri, `${uri} cannot be written: there is no space left on the disk.`)
    default:
      return failure("unavailable", uri, `${uri} cannot be ${verb}: the system says ${code ?? "nothing about why"}.`)
  }
}

export const attempt = <A>(uri: string, verb: Verb, act: () => Promise<A>): Effect.Effect<A, ObjectStoreError> =>
  Effect.tryPromise({ try: act, catch: (error) => of(uri, verb, error) })
