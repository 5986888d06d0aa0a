import { UsageError } from './exit-status.js';

/** Seconds: a number alone, or hours, minutes and seconds such as `90s`, `5m`, `1h30m`. */
export function parseDuration(name: string, text: string): number {
  const [, hours, minutes, seconds] = /^(?:(\d{1,2})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?$/i.exec(text.trim()) ?? [];
  const value = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  if (value >= 1 && value <= 86_400) return value;
  throw new UsageError(`${name} must be from 1 second to 24 hours, such as 90, 90s, 5m or 1h.`);
}

/** Local time in ISO form, with the offset of its zone. Undefined for a time that no date has. */
export function localTime(milliseconds: number): string | undefined {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return undefined;
  const offset = -date.getTimezoneOffset();
  const two = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  // As if the local time were that of UTC, whose ISO form is then right but for its zone.
  const text = new Date(milliseconds + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${text}Z`;
  return `${text}${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
}
