/** The machine this process runs on, as records and limits name it. */
import { Context } from "effect"
import { hostname } from "node:os"

/** The name by which this machine is known in records: `--node-id`; default: its host name. */
export class Node extends Context.Reference<string>("sluice/engine/Machine/Node", { defaultValue: hostname }) {}
