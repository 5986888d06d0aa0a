import { describe, expect, it } from '@jest/globals';
import { blockedPorts } from '#src/server/ports.js';

describe('blockedPorts', () => {
  it('holds only ports that the Fetch standard blocks, as Node’s own fetch knows them', async () => {
    for (const port of blockedPorts) {
      // A blocked port is rejected before anything is connected.
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ cause: { message: 'bad port' } });
    }
  });

  it.each([1, 22, 25, 53, 143, 587, 993, 2049, 4190, 5060, 6000, 6566, 6665, 6667, 6669, 6679, 6697, 10_080])(
    'holds %i',
    (port) => {
      expect(blockedPorts.has(port)).toBe(true);
    },
  );

  it.each([0, 80, 443, 3000, 5543, 8000, 8080, 8443, 8888, 49_152, 65_535])('leaves out %i', (port) => {
    expect(blockedPorts.has(port)).toBe(false);
  });

  it('holds 82 ports: whoever changes the list looks at the standard again', () => {
    expect(blockedPorts.size).toBe(82);
  });
});
