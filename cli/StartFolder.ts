/** The folder that a command was started in: relative paths of its options begin there. The process moves into the project's. */
import * as Context from "effect/Context"

export class StartFolder extends Context.Reference<string>("sluice/cli/StartFolder", { defaultValue: () => process.cwd() }) {}
