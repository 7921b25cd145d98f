import type { ComponentChildren, JSX } from 'preact';
import { catalogue } from '../../src/events/catalogue.js';
import type { Severity } from '../../src/events/severity.js';
import type { EventsPage } from '../eventsPage.js';
import { severityFloor, type EventWish } from '../eventWish.js';

const knownTypes = Object.keys(catalogue);
const patterns = [...new Set(knownTypes.map((type) => `${type.split('.')[0]}.*`)), ...knownTypes];
const severityText: Readonly<Record<Severity, string>> = {
  debug: 'All',
  info: 'Info and above',
  warn: 'Warnings and errors',
  error: 'Errors',
};

/** What the person wants to see. */
export function EventFilters({ page }: { readonly page: EventsPage }): JSX.Element {
  const { wish } = page;
  const set = (change: Partial<EventWish>): void => {
    // Not `wish`: it is as old as what is drawn.
    page.choose({ ...page.wish, ...change });
  };
  const runs = new Map(wish.run === '' ? page.runs : [[wish.run, wish.run], ...page.runs]);
  return (
    <form
      class="event-filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <TextField
        {...{ label: 'PRD', hint: 'All PRDs', value: wish.prd, offers: [...page.prds] }}
        set={(prd) => {
          set({ prd });
        }}
      />
      <TextField
        {...{
          label: 'Types',
          hint: 'story.*',
          value: wish.types,
          offers: patterns,
          problem: page.problem,
        }}
        set={(types) => {
          set({ types });
        }}
      />
      <Field label="Severity">
        <select
          id={fieldId('Severity')}
          value={wish.severity}
          onChange={({ currentTarget }) => {
            set({ severity: severityFloor.parse(currentTarget.value) });
          }}
        >
          {severityFloor.options.map((severity) => (
            <option key={severity} value={severity}>
              {severityText[severity]}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Run">
        <select
          id={fieldId('Run')}
          value={wish.run}
          onChange={({ currentTarget }) => {
            set({ run: currentTarget.value });
          }}
        >
          <option value="">All runs</option>
          {[...runs].reverse().map(([id, title]) => (
            <option key={id} value={id}>
              {title === id ? id : `${title} (${id})`}
            </option>
          ))}
        </select>
      </Field>
      <TextField
        {...{ label: 'Search', hint: 'Any text of an event', value: wish.text, offers: [] }}
        set={(text) => {
          set({ text });
        }}
      />
      <label class="event-check" title="Events that are told once and not stored, such as the output of commands">
        <input
          type="checkbox"
          checked={wish.transient}
          onChange={({ currentTarget }) => {
            set({ transient: currentTarget.checked });
          }}
        />
        Transient events
      </label>
    </form>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly offers: readonly string[];
  readonly problem?: string | undefined;
  readonly set: (value: string) => void;
}

function TextField({ label, hint, value, offers, problem, set }: TextFieldProps): JSX.Element {
  const [list, complaint] = [`${label}-offers`, `${label}-problem`];
  return (
    <Field label={label}>
      <input
        id={fieldId(label)}
        type="search"
        placeholder={hint}
        value={value}
        list={offers.length > 0 ? list : undefined}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : complaint}
        onInput={({ currentTarget }) => {
          set(currentTarget.value);
        }}
      />
      {offers.length > 0 && (
        <datalist id={list}>
          {offers.map((offer) => (
            <option key={offer} value={offer} />
          ))}
        </datalist>
      )}
      {problem !== undefined && (
        <span id={complaint} class="event-problem" role="alert">
          {problem}
        </span>
      )}
    </Field>
  );
}

const fieldId = (label: string): string => `field-${label}`;

function Field({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="event-field">
      <label class="muted" for={fieldId(label)}>
        {label}
      </label>
      {children}
    </div>
  );
}
