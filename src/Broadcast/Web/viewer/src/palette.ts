// Colours of particles, after Okabe and Ito (2008): told apart with every common kind of colour vision. Black and the dark blue are left
// out, they vanish on dark images.

export const particleColours: readonly string[] = ['#e69f00', '#56b4e9', '#00b884', '#f0e442', '#e8702a', '#d987b5'];

export const colourIndex = (particle: number): number => ((particle % particleColours.length) + particleColours.length) % particleColours.length;

export const colourOf = (particle: number): string => particleColours[colourIndex(particle)];
