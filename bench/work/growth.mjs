import { ENTRY_CURVES } from '../growth/entries.mjs';
import { EVICTION_CURVES } from '../growth/evictions.mjs';
import { FLEET_CURVES } from '../growth/fleet.mjs';
import { REGION_CURVES } from '../growth/regions.mjs';
import { measured, pointsInWords } from '../growth/curve.mjs';

const CURVES = [...REGION_CURVES, ...EVICTION_CURVES, ...ENTRY_CURVES, ...FLEET_CURVES];

/**
 * How the cost of a work grows with what there is, or ever was: the exponent of each curve.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function growth(work) {
  /** @type {Record<string, import('../run.mjs').Row>} */
  const rows = {};
  const series = [];
  for (const curve of CURVES) {
    const { points, exponent, count } = await measured(curve, work);
    rows[curve.id] = { ours: exponent };
    if (curve.countId !== undefined && count !== undefined) rows[curve.countId] = { ours: count };
    series.push({ id: curve.id, by: curve.by, unit: curve.unit, points, exponent });
    console.log(
      `\n  ${curve.id}, by ${curve.by}: ${pointsInWords(points, curve.unit)}; exponent ${exponent.toFixed(2)}`,
    );
  }
  return { rows, series: { growth: series } };
}
