/** How help and wrong use of the command line are shown: help on standard output, one sentence on standard error. */
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { didYouMean } from "../engine/Suggestion.ts"
import { line, note } from "./terminal/Screen.ts"
import { err, hasColour } from "./terminal/Style.ts"

const formatter = CliOutput.defaultFormatter({
  colors: hasColour(process.stdout.isTTY === true, process.env),
  globalFlags: "summary"
})

const optionsOf = (help: HelpDoc): ReadonlyArray<string> =>
  [help.flags, help.inheritedFlags ?? [], help.globalFlags ?? []].flat().map((flag: FlagDoc) => `--${flag.name}`)

const commandsOf = (help: HelpDoc): ReadonlyArray<string> =>
  (help.subcommands ?? []).flatMap((group) => group.commands.map((command) => command.name))

/** What the library expects, as people say it: its schemas speak of their encoding, and of literals as types. */
const wanted = (expected: string, { flags, inheritedFlags = [] }: HelpDoc, option: string): string => {
  const isSeconds = [...flags, ...inheritedFlags].some(({ name, type }) => name === option && /\bseconds\b/.test(type))
  const text = expected.replace(/^Expected:?\s*/, "").replace(/\.$/, "")
    // All other numbers of this command line are whole.
    .replace(/^a string representing a finite number$|^an integer$/, isSeconds ? "a number of seconds" : "a whole number")
  const words = /^"[^"]*"(?: \| "[^"]*")+$/.test(text) ? text.split(" | ").map((word) => word.slice(1, -1)) : []
  return words.length === 0 ? text : `write ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`
}

/** The library's error in the words of this command line. */
const sentence = (error: CliError.NonShowHelpErrors, command: string, help: HelpDoc): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `"${command}" has no option ${error.option}.${didYouMean(error.option, optionsOf(help))}`
    case "UnknownSubcommand":
      return `"${command}" has no command "${error.subcommand}".${didYouMean(error.subcommand, commandsOf(help))}`
    case "MissingArgument":
      return `"${command}" needs <${error.argument}>.`
    case "MissingOption":
      return `"${command}" needs the option --${error.option}.`
    case "UnexpectedArgument":
      return `"${command}" takes no ${error.arguments.map((word) => JSON.stringify(word)).join(", ")} here.`
    case "InvalidValue": {
      const what = error.kind === "flag" ? `--${error.option}` : `<${error.option}>`
      const expected = wanted(error.expected, help, error.option)
      return error.value === ""
        ? `The option ${what} needs a value: ${expected}.`
        : `"${error.value}" is not a value of ${what}: ${expected}.`
    }
    default:
      return error.message
  }
}

export const layer: Layer.Layer<never> = CliOutput.layerPresenter({
  present: (event) =>
    Effect.sync(() => {
      switch (event._tag) {
        case "Version":
          return line(`${event.name} ${event.version}`)
        case "Help":
          return line(formatter.formatHelpDoc(event.helpDoc).trimEnd())
        case "InvalidInvocation": {
          const command = event.commandPath.join(" ")
          const first = event.errors[0]
          if (first !== undefined) note(`${err.red("error")}: ${sentence(first, command, event.helpDoc)}`)
          return note(err.dim(`"${command} --help" lists what there is.`))
        }
      }
    })
})
