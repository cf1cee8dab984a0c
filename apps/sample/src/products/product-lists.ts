/**
 * The tag of every cached list of products.
 *
 * There is one tag for all lists instead of one per category, because one change affects many lists: a product that moves changes two
 * categories, a new or deleted product shifts every page after it, and the listing of all categories contains every product.
 */
export const PRODUCT_LISTS = 'product-lists';
