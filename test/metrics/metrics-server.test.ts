import { Metrics } from '../../workers/metrics';
import { startMetricsServer } from '../../workers/metrics-server';

test('serves the counts to Prometheus and says whether the worker is well', async () => {
  const metrics = new Metrics();
  metrics.watchSchedules(async () => [{ schedule: 'hourly-payments', missed: 2, latenessSeconds: 61 }]);
  let healthy = true;
  const server = await startMetricsServer(metrics, () => ({ healthy, state: healthy ? 'RUNNING' : 'STOPPED' }), 0);
  try {
    const base = `http://127.0.0.1:${server.port}`;
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toContain('sluice_schedule_misses{schedule="hourly-payments"} 2');
    expect(text).toContain('sluice_schedule_lateness_seconds{schedule="hourly-payments"} 61');
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    healthy = false;
    expect((await fetch(`${base}/healthz`)).status).toBe(503);
    expect((await fetch(`${base}/secrets`)).status).toBe(404);
  } finally {
    await server.close();
  }
});

test('a taken port is named with the setting that moves it', async () => {
  const first = await startMetricsServer(new Metrics(), () => ({ healthy: true, state: 'RUNNING' }), 0);
  try {
    await expect(startMetricsServer(new Metrics(), () => ({ healthy: true, state: 'RUNNING' }), first.port))
      .rejects.toThrow(new RegExp(`port ${first.port}.*SLUICE_METRICS_PORT`));
  } finally {
    await first.close();
  }
});
