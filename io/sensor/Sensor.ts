/** Sensors and what they observe: those of the engine, and files, rows and notifications. */
export * from "../../engine/sensor/Sensor.ts"
export { runs } from "../../engine/sensor/Runs.ts"
export { files } from "./Files.ts"
export { notify } from "./Notify.ts"
export { rows } from "./Rows.ts"
