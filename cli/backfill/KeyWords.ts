/** Options that take several words, which the option parser knows only one by one. */
import * as Command from "effect/cli/Command"
import * as Context from "effect/Context"
import * as FirstWord from "../FirstWord.ts"

/** The options of a command, and of those below it, that take several words. */
const SeveralWords = Context.Reference<ReadonlyArray<string>>("sluice/cli/SeveralWords", { defaultValue: () => [] })

/**
 * Lets options of a project's own command, which can be given several times, take several words at once:
 * `--param-list a b` is `--param-list a --param-list b`, all words up to the next option.
 */
export const severalWords = (...options: ReadonlyArray<string>) =>
<const Name extends string, Input, ContextInput, E, R>(
  command: Command.Command<Name, Input, ContextInput, E, R>
): Command.Command<Name, Input, ContextInput, E, R> => Command.annotate(command, SeveralWords, options)

/** What `severalWords` has said of a command. */
export const of = (command: { readonly annotations: Context.Context<never> }): ReadonlyArray<string> => Context.get(command.annotations, SeveralWords)

// A number below zero is a word, as for the option parser.
const isOption = (word: string): boolean => /^-[^\d.]/.test(word)

const builtIn: ReadonlyMap<string, ReadonlyArray<string>> = new Map([["backfill", ["param-list"]]])

/** The words with each option that takes several of them given once for each; `own` knows those of other commands. */
export const spread = (
  args: ReadonlyArray<string>,
  own: ReadonlyMap<string, ReadonlyArray<string>> = new Map()
): ReadonlyArray<string> => {
  const { word: first } = FirstWord.of(args)
  const options = new Set((first === undefined ? [] : builtIn.get(first) ?? own.get(first) ?? []).map((name) => `--${name}`))
  if (options.size === 0) return args
  const end = args.indexOf("--")
  const [words, rest] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)]
  let taking: string | undefined
  const found = words.flatMap((word, i): ReadonlyArray<string> => {
    if (!isOption(word)) return [taking === undefined ? word : `${taking}=${word}`]
    taking = options.has(word) ? word : undefined
    const next = words[i + 1]
    // Without a word behind it the parser says that one is missing.
    return taking !== undefined && next !== undefined && !isOption(next) ? [] : [word]
  })
  return [...found, ...rest]
}
