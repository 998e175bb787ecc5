// What a worker thread runs.
import { parentPort, workerData } from 'node:worker_threads'
import { offerPluginApi } from './component/plugin-api.ts'
import type { WorkerData } from './pipeline/workers/worker-message.ts'

// It lies beside this file, in the source and in the bundle.
offerPluginApi(new URL(import.meta.url.endsWith('.ts') ? 'plugin.ts' : 'plugin.js', import.meta.url))
const { runWorker } = await import('./pipeline/workers/worker-service.ts')
if (parentPort !== null) runWorker(parentPort, workerData as WorkerData)
