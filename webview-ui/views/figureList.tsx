import type { JSX } from 'preact';
import type { HubFigures } from '../hubFigures.js';

const number = new Intl.NumberFormat();
/** Types that are listed. */
const maxTypes = 50;

interface FigureListProps {
  readonly figures: HubFigures | undefined;
  readonly showType: (type: string) => void;
}

/** The hub's figures since its start: clients, totals, and how often each type was told. */
export function FigureList({ figures, showType }: FigureListProps): JSX.Element {
  return (
    <aside class="hub-figures" aria-labelledby="figures-heading">
      <h2 id="figures-heading">Statistics</h2>
      {figures ? <Figures figures={figures} showType={showType} /> : <p class="muted">Not known yet.</p>}
    </aside>
  );
}

function Figures({ figures, showType }: { readonly figures: HubFigures } & Pick<FigureListProps, 'showType'>) {
  const { connections, websockets, streams, socket_io: socketIo, events, log } = figures;
  const types = Object.entries(figures.by_type).sort(([, a], [, b]) => b - a);
  return (
    <>
      <h3>Clients</h3>
      <Counts
        counts={{ Connected: connections, WebSocket: websockets, 'Event streams': streams, 'Socket.IO': socketIo }}
      />
      <h3>Events since the hub's start</h3>
      <Counts
        counts={{
          ...{ Total: events.published, Stored: events.stored },
          ...{ 'Delivered messages': events.delivered, 'Waiting to be stored': events.waiting },
        }}
      />
      <h3>Log</h3>
      <Counts counts={{ 'Last event': log.last_seq, 'Size in KiB': Math.ceil(log.bytes / 1_024) }} />
      <h3>By type</h3>
      <table>
        <thead class="visually-hidden">
          <tr>
            <th>Type</th>
            <th>Events</th>
          </tr>
        </thead>
        <tbody>
          {types.slice(0, maxTypes).map(([type, count]) => (
            <tr key={type}>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  title="Show only these"
                  onClick={() => {
                    showType(type);
                  }}
                >
                  {type}
                </button>
              </th>
              <td>{number.format(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {types.length > maxTypes && <p class="muted">{`${types.length - maxTypes} more types`}</p>}
    </>
  );
}

function Counts({ counts }: { readonly counts: Readonly<Record<string, number>> }): JSX.Element {
  return (
    <dl>
      {Object.entries(counts).map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{number.format(count)}</dd>
        </div>
      ))}
    </dl>
  );
}
