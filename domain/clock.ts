// The domain never asks the machine for the time; tests move this by argument.
export type Clock = () => Date;
export const systemClock: Clock = () => new Date();

export function addSeconds(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + Math.round(seconds * 1000));
}
