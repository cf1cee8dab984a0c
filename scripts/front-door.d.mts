/** Listens on a port and hands each request to the next running instance in turn. */
export function openFrontDoor(options: {
  port: number;
  runningPorts(this: void): number[];
}): Promise<{ close(this: void): Promise<void> }>;
