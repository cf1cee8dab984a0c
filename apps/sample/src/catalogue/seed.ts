import type { NewProduct } from '../products/product.js';

interface Assortment {
  readonly category: string;
  readonly makers: readonly string[];
  readonly lines: readonly string[];
  readonly kinds: readonly string[];
  readonly from: number;
  readonly to: number;
}

const ASSORTMENTS: readonly Assortment[] = [
  {
    category: 'audio',
    makers: ['Halden', 'Brightwave', 'Nocturne', 'Kestrel', 'Aurum'],
    lines: ['Studio', 'Field', 'Duo', 'Monitor', 'Pocket'],
    kinds: ['Headphones', 'Bookshelf Speaker', 'Turntable', 'Earbuds', 'Soundbar', 'DAC', 'Microphone'],
    from: 29,
    to: 890,
  },
  {
    category: 'books',
    makers: ['Tidewater Press', 'Larkspur', 'North & Vale', 'Quill House', 'Meridian'],
    lines: ['Illustrated', 'Collected', 'Annotated', 'Pocket', 'Complete'],
    kinds: ['Atlas', 'Field Guide', 'Short Stories', 'Cookbook', 'Essays', 'Poems', 'History of Tea'],
    from: 6,
    to: 48,
  },
  {
    category: 'coffee',
    makers: ['Altura', 'Kettle & Crane', 'Sidamo Works', 'Morningside', 'Brewers Row'],
    lines: ['Classic', 'Barista', 'Travel', 'Copper', 'Everyday'],
    kinds: ['Burr Grinder', 'Pour-Over Set', 'Espresso Machine', 'Gooseneck Kettle', 'Scale', 'Moka Pot', 'Mug'],
    from: 9,
    to: 740,
  },
  {
    category: 'cycling',
    makers: ['Velora', 'Col du Nord', 'Spoke & Sons', 'Ridgeback', 'Pavé'],
    lines: ['Gravel', 'Commuter', 'Tour', 'Race', 'Winter'],
    kinds: ['Helmet', 'Saddle', 'Pannier', 'Light Set', 'Gloves', 'Floor Pump', 'Jersey'],
    from: 14,
    to: 210,
  },
  {
    category: 'garden',
    makers: ['Fernhill', 'Oak & Loam', 'Greenlea', 'Hartwell', 'Bramble'],
    lines: ['Heritage', 'Compact', 'Forged', 'Terracotta', 'Allotment'],
    kinds: ['Hand Trowel', 'Planter', 'Watering Can', 'Pruning Shears', 'Cold Frame', 'Bird Feeder', 'Hose Reel'],
    from: 7,
    to: 160,
  },
  {
    category: 'kitchen',
    makers: ['Maison Rive', 'Stonebridge', 'Kuro', 'Ostra', 'Copperfield'],
    lines: ['Pro', 'Classic', 'Enamelled', 'Carbon', 'Everyday'],
    kinds: ['Chef’s Knife', 'Casserole', 'Frying Pan', 'Mixing Bowl', 'Stand Mixer', 'Cutting Board', 'Pepper Mill'],
    from: 12,
    to: 480,
  },
  {
    category: 'lighting',
    makers: ['Lumen & Co', 'Solstice', 'Vinterljus', 'Candela', 'Arclight'],
    lines: ['Arc', 'Paper', 'Dimmable', 'Opal', 'Workshop'],
    kinds: ['Desk Lamp', 'Pendant', 'Floor Lamp', 'Wall Light', 'Lantern', 'Bulb Set', 'Night Light'],
    from: 11,
    to: 320,
  },
  {
    category: 'office',
    makers: ['Plainfield', 'Kontor', 'Graphite', 'Foolscap', 'Deskwright'],
    lines: ['Slim', 'Oak', 'Recycled', 'Executive', 'Modular'],
    kinds: ['Notebook', 'Fountain Pen', 'Monitor Stand', 'Desk Organiser', 'Chair', 'Whiteboard', 'Paper Tray'],
    from: 4,
    to: 540,
  },
  {
    category: 'outdoor',
    makers: ['Fjellheim', 'Cairn', 'Westerly', 'Trailhead', 'Summit & Sea'],
    lines: ['Ultralight', 'Expedition', 'Weekend', 'All-Season', 'Storm'],
    kinds: ['Tent', 'Sleeping Bag', 'Backpack', 'Camp Stove', 'Headlamp', 'Flask', 'Rain Jacket'],
    from: 16,
    to: 620,
  },
  {
    category: 'toys',
    makers: ['Little Orchard', 'Tumbledown', 'Pip & Button', 'Woodlark', 'Marbleworks'],
    lines: ['Wooden', 'My First', 'Grand', 'Travel', 'Rainbow'],
    kinds: ['Train Set', 'Building Blocks', 'Marble Run', 'Puzzle', 'Kite', 'Puppet', 'Board Game'],
    from: 8,
    to: 130,
  },
];

const EDITIONS = ['', ' II', ' Mini', ' XL', ' Plus', ' Black', ' Sand', ' Forest'];

/** About three thousand products, the same ones in the same order at every call. */
export function seedProducts(): NewProduct[] {
  const random = sequenceFrom(20_260_401);
  return ASSORTMENTS.flatMap((assortment) => assortmentProducts(assortment, random));
}

function assortmentProducts(
  { category, makers, lines, kinds, from, to }: Assortment,
  random: () => number,
): NewProduct[] {
  const names = makers.flatMap((maker) => lines.flatMap((line) => kinds.map((kind) => ({ maker, line, kind }))));
  return names.flatMap(({ maker, line, kind }) => {
    const editions = EDITIONS.toSorted(() => random() - 0.5).slice(0, 2);
    return editions.map((edition) => ({
      name: `${maker} ${line} ${kind}${edition}`,
      category,
      description: `${kind} of the ${line} line by ${maker}.`,
      // Most prices are near the lower end, as in a shop, and all end in .99 or .49.
      price: Math.floor(from + (to - from) * random() ** 3) + (random() < 0.7 ? 0.99 : 0.49),
      stock: Math.floor(random() * 250),
    }));
  });
}

/** Random numbers from 0 to 1 that are the same on every machine: the linear congruential generator of Numerical Recipes. */
function sequenceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
