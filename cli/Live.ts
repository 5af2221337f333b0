/** The layers of a command: the database, the run store on it, and what the deployment adds. */
import { Cause, Effect, Layer } from "effect"
import type { Any } from "../engine/definition/Asset.ts"
import type { IoManager } from "../engine/definition/Io.ts"
import * as Overrides from "../engine/limit/Overrides.ts"
import type { LimitStore } from "../engine/limit/LimitStore.ts"
import type { AutomationStore } from "../engine/record/AutomationStore.ts"
import type { BackfillStore } from "../engine/record/BackfillStore.ts"
import type { HookStore } from "../engine/record/HookStore.ts"
import type { RetentionStore } from "../engine/record/RetentionStore.ts"
import type { RunStore } from "../engine/record/RunStore.ts"
import type { SensorStore } from "../engine/record/SensorStore.ts"
import type { TickStore } from "../engine/record/TickStore.ts"
import { Database } from "../resources/database/Database.ts"
import * as MemoryLimitStore from "../storage/MemoryLimitStore.ts"
import * as PostgresLimitStore from "../storage/PostgresLimitStore.ts"
import * as PostgresRunStore from "../storage/PostgresRunStore.ts"
import type { Provided } from "./Deployment.ts"
import type { Project } from "./Project.ts"
import { messageOf, Refusal } from "./Refusal.ts"
import * as Telemetry from "./telemetry/Telemetry.ts"

export type Stored = RunStore | BackfillStore | TickStore | AutomationStore | SensorStore | HookStore | RetentionStore | Provided

const isOwn = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && /^(Database|Embedded|StateFolder|NoEmbedded|RunStore|SchemaTooNew)/.test(String(error._tag))

/** What cannot be built is a matter of configuration: one sentence, exit code 2. */
const refusing = <A, R>(layer: Layer.Layer<A, unknown, R>, what: string): Layer.Layer<A, Refusal, R> =>
  Layer.catchCause(layer, (cause) => {
    const error = Cause.squash(cause)
    const message = isOwn(error) ? messageOf(error) : `The ${what} of main.ts cannot be built: ${messageOf(error)}`
    return Layer.effectContext(Effect.fail(new Refusal({ message, cause })))
  })

/** The database without its run store: what `db` commands use. */
export const server = (stateFolder: string): Layer.Layer<Database, Refusal> =>
  refusing(Database.layerServer({ stateFolder }), "database")

/** The database as it is: nothing is made in it. */
export const client = (project: Project): Layer.Layer<Exclude<Provided, LimitStore>, Refusal> =>
  refusing(Database.layer({ stateFolder: project.stateFolder, connections: 2 }), "database")

/**
 * The most connections of a run: four streams with their transaction and what they read, the commits and claims beside
 * them, and the loads of the steps. They are opened when they are needed.
 */
export const runConnections = 24

/** Below this, streams that hold a transaction could wait for the connections of their own reads. */
const leastConnections = 8

/** SLUICE_CONNECTIONS, where runs shall open fewer or more. */
const connectionsOfRuns: Effect.Effect<number, Refusal> = Effect.suspend(() => {
  const text = process.env["SLUICE_CONNECTIONS"] ?? ""
  const most = Number(text)
  return text === ""
    ? Effect.succeed(runConnections)
    : /^\d+$/.test(text) && most >= leastConnections && most <= 1000
    ? Effect.succeed(most)
    : Effect.fail(new Refusal({ message: `SLUICE_CONNECTIONS should be a whole number from ${leastConnections} to 1000.` }))
})

/** What is recorded. Commands that only look need two connections. */
export const store = (project: Project, connections: 2 | typeof runConnections = 2): Layer.Layer<Stored, Refusal> =>
  Layer.unwrap(Effect.map(connections === runConnections ? connectionsOfRuns : Effect.succeed(connections), (most) =>
    refusing(
      PostgresLimitStore.layer.pipe(
        Layer.provideMerge(PostgresRunStore.layer),
        Layer.provideMerge(Database.layer({ stateFolder: project.stateFolder, connections: most }))
      ),
      "database"
    )))

/** The deployment's IO managers: to look at stored values. */
export const io = (project: Project): Layer.Layer<never, Refusal, Stored> =>
  refusing(project.deployment.io, "IO managers")

/** What computes tells of itself, where the settings ask for it. */
const telemetry: Layer.Layer<never, Refusal> = Layer.catch(Telemetry.layer, (error) =>
  Layer.effectContext(Effect.fail(error._tag === "Refusal" ? error : new Refusal({ message: messageOf(error), cause: error }))))

/** The deployment's resources. */
export const resources = (project: Project): Layer.Layer<never, Refusal, Provided> =>
  refusing(project.deployment.resources, "resources").pipe(
    // Only now is it known which limits there are.
    Layer.tap(() => Effect.mapError(Overrides.check, ({ message }) => new Refusal({ message })))
  )

/** The deployment's resources without a database: their limits are of this process alone. */
export const resourcesAlone = (project: Project): Layer.Layer<never, Refusal> =>
  // Deployment.make lets commands build the resources alone only where their layer needs no more than limits.
  Layer.merge(Layer.provide(resources(project) as Layer.Layer<never, Refusal, LimitStore>, MemoryLimitStore.layer), telemetry)

/** Everything that computes. */
export const everything = (project: Project): Layer.Layer<never, Refusal, Stored> =>
  Layer.mergeAll(io(project), resources(project), telemetry)

/** The IO manager of an asset, under the layers above: Deployment.make has proved that they give it. */
export const ioOf = (asset: Any): Effect.Effect<IoManager> =>
  // `asset.io` is the key of a service whose name the graph has forgotten.
  asset.io as unknown as Effect.Effect<IoManager>
