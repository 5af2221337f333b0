/** Several words behind `--param-list`, which the option parser knows only one by one. */
import * as FirstWord from "../FirstWord.ts"

const option = "--param-list"

// A number below zero is a word, as for the option parser.
const isOption = (word: string): boolean => /^-[^\d.]/.test(word)

/** `--param-list a b` as `--param-list=a --param-list=b`: it takes all words up to the next option. */
export const spread = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (FirstWord.of(args).word !== "backfill") return args
  const end = args.indexOf("--")
  const [words, rest] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)]
  let taking = false
  const found = words.flatMap((word, i): ReadonlyArray<string> => {
    if (!isOption(word)) return [taking ? `${option}=${word}` : word]
    taking = word === option
    const next = words[i + 1]
    // Without a word behind it the parser says that one is missing.
    return taking && next !== undefined && !isOption(next) ? [] : [word]
  })
  return [...found, ...rest]
}
