import { until } from '../rig/waiting.js';
import { DashboardRig } from '../page/dashboardPage.js';
import { runOfManyStories } from '../page/recordedRun.js';

const SIZES = [5, 1_000];

/**
 * Milliseconds that the page's scripts take for one event while a run of so many stories is shown. The least of all:
 * what else the machine does only ever adds.
 */
async function scriptTimePerEvent(rig: DashboardRig, stories: number): Promise<number> {
  const { planned, claims } = runOfManyStories(stories, Date.now() - 4_000);
  const dashboard = await rig.open();
  await dashboard.init(planned);
  await until('all stories', async () => (await dashboard.page.locator('.story').count()) === stories);
  const session = await dashboard.page.context().newCDPSession(dashboard.page);
  await session.send('Performance.enable');
  const spent = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1_000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0);
  };
  let least = Infinity;
  for (const event of claims) {
    const before = await spent();
    await dashboard.tell([event]);
    await dashboard.drawn();
    least = Math.min(least, (await spent()) - before);
  }
  await dashboard.page.close();
  return least;
}

async function main(): Promise<void> {
  await using rig = await DashboardRig.start();
  const times: number[] = [];
  for (const stories of SIZES) times.push(await scriptTimePerEvent(rig, stories));
  console.log('Dashboard: script time for one event (least of 30)');
  for (const [index, stories] of SIZES.entries()) {
    console.log(`  with ${stories.toLocaleString('en')} stories`.padEnd(28), `${times[index]?.toFixed(1) ?? '?'} ms`);
  }
  const [few = NaN, many = NaN] = times;
  console.log('  ratio'.padEnd(28), `${(many / few).toFixed(2)} (to reach: about 1)`);
}

void main();
