/* The files that can be started: choosing and grouping them; pure. */

/** The files whose title or folder holds the words. */
export function chooseFiles(files, words) {
  const wanted = words.trim().toLowerCase();
  return wanted ? files.filter(({ title, folder }) => `${folder}/${title}`.toLowerCase().includes(wanted)) : files;
}

/** [[folder, files]], folders and titles in alphabetical order, those of the user before the lab's examples. */
export function byFolder(files) {
  const folders = new Map();
  for (const file of files) folders.set(file.folder, [...(folders.get(file.folder) ?? []), file]);
  const rank = ([folder, [first]]) => `${first.example ? 1 : 0}${folder}`;
  return [...folders]
    .sort((a, b) => order(rank(a), rank(b)))
    .map(([folder, list]) => [folder, list.sort((a, b) => order(a.title, b.title))]);
}

const order = (a, b) => (a < b ? -1 : Number(a > b));
