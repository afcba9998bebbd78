// Draws the frame with WebGL2. Counts go to the graphics card as they came, byte by byte; the shader puts them together and applies limits
// and lookup table. So no dtype needs a conversion or an aligned copy, and moving a limit costs no upload.
import { bytesPerPixel, type FrameImage } from './frames';
import { lutSize, lutTable, type LutName } from './luts';
import type { Rect, View } from './view';
import type { Dtype } from './wire';

const vertexShader = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

/** Puts a count together from its bytes, by dtype. */
const counts: Record<Dtype, string> = {
  uint8: 'float(t.r)',
  int8: 'float(int(t.r << 24) >> 24)',
  uint16: 'float(t.r | t.g << 8)',
  int16: 'float(int((t.r | t.g << 8) << 16) >> 16)',
  uint32: 'float(t.r | t.g << 8 | t.b << 16 | t.a << 24)',
  int32: 'float(int(t.r | t.g << 8 | t.b << 16 | t.a << 24))',
  float32: 'uintBitsToFloat(t.r | t.g << 8 | t.b << 16 | t.a << 24)',
};

/**
 * One program for each dtype and number of taps: a branch in the shader would cost every pixel, most of all where there is no graphics card.
 * @param taps Samples along each side of a pixel of the screen. Made smaller, the image shows the mean of what a pixel covers; made larger,
 * the camera's own pixels show as they are.
 */
const fragmentShader = (dtype: Dtype, taps: number): string => `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D image;
uniform sampler2D lut;
uniform ivec2 size;
uniform vec2 stage;
uniform vec2 origin;
uniform float height;
uniform vec2 centre;
uniform float scale;
uniform float bin;
uniform vec2 limits;
out vec4 colour;

float countAt(vec2 p) {
  uvec4 t = texelFetch(image, clamp(ivec2(p), ivec2(0), size - 1), 0);
  return ${counts[dtype]};
}

void main() {
  vec2 device = vec2(gl_FragCoord.x, height - gl_FragCoord.y) + origin;
  vec2 texel = ((device - 0.5 * stage) / scale + centre + 0.5) / bin;
${taps === 1 ? '  float value = countAt(texel);' : `
  float step = 1.0 / (scale * bin * ${taps.toFixed(1)});
  float value = 0.0;
  for (int i = 0; i < ${taps * taps}; i++) {
    value += countAt(texel + (vec2(float(i % ${taps}), float(i / ${taps})) - ${((taps - 1) / 2).toFixed(1)}) * step);
  }
  value /= ${(taps * taps).toFixed(1)};`}
  float t = clamp((value - limits.x) / (limits.y - limits.x), 0.0, 1.0);
  colour = texelFetch(lut, ivec2(int(t * ${(lutSize - 1).toFixed(1)} + 0.5), 0), 0);
${dtype === 'float32' ? '  if (isnan(value) || isinf(value)) { colour = vec4(0.8, 0.47, 0.65, 1.0); }' : ''}
}`;

const mostTaps = 4;

type UniformName = 'image' | 'lut' | 'size' | 'stage' | 'origin' | 'height' | 'centre' | 'scale' | 'bin' | 'limits';

interface Program {
  program: WebGLProgram;
  uniforms: Record<UniformName, WebGLUniformLocation | null>;
}

export interface Look {
  low: number;
  high: number;
  gamma: number;
  lut: LutName;
}

export class ImageView {
  private readonly gl: WebGL2RenderingContext;
  private readonly programs = new Map<string, Program>();
  private texture: WebGLTexture | null = null;
  private textureKey = '';
  private lutKey = '';
  private uploaded: FrameImage | null = null;

  /** @param onRestored called when the graphics card is back after it was taken away: draw again. */
  constructor(private readonly canvas: HTMLCanvasElement, onRestored: () => void) {
    const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false, stencil: false });
    if (!gl) {
      throw new Error('this browser gives no WebGL2: turn on hardware acceleration or its software fallback');
    }

    this.gl = gl;
    canvas.addEventListener('webglcontextlost', (e) => e.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => {
      this.prepare();
      onRestored();
    });
    this.prepare();
  }

  /** Draws the part of a frame that is to be seen; the canvas lies exactly there. */
  draw(frame: FrameImage, view: View, rect: Rect, look: Look): void {
    const { gl, canvas } = this;
    if (canvas.width !== rect.width || canvas.height !== rect.height) {
      canvas.width = rect.width;
      canvas.height = rect.height;
    }

    this.upload(frame);
    this.setLut(look.lut, look.gamma);
    const scale = view.scale * rect.ratio;
    const covered = 1 / (scale * frame.bin);
    const { program, uniforms: u } = this.programFor(frame.dtype, covered < 1.25 ? 1 : Math.min(mostTaps, Math.ceil(covered)));
    gl.useProgram(program);
    gl.uniform1i(u.image, 0);
    gl.uniform1i(u.lut, 1);
    gl.uniform2i(u.size, frame.width, frame.height);
    gl.uniform2f(u.stage, view.width * rect.ratio, view.height * rect.ratio);
    gl.uniform2f(u.origin, rect.left, rect.top);
    gl.uniform1f(u.height, rect.height);
    gl.uniform2f(u.centre, view.cx, view.cy);
    gl.uniform1f(u.scale, scale);
    gl.uniform1f(u.bin, frame.bin);
    gl.uniform2f(u.limits, look.low, look.high);
    gl.viewport(0, 0, rect.width, rect.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private upload(frame: FrameImage): void {
    if (this.uploaded === frame) {
      return;
    }

    const { gl } = this;
    const size = bytesPerPixel(frame.dtype);
    const internal = size === 1 ? gl.R8UI : size === 2 ? gl.RG8UI : gl.RGBA8UI;
    const format = size === 1 ? gl.RED_INTEGER : size === 2 ? gl.RG_INTEGER : gl.RGBA_INTEGER;
    const key = `${frame.width}x${frame.height}x${size}`;
    gl.activeTexture(gl.TEXTURE0);
    if (key !== this.textureKey) {
      gl.deleteTexture(this.texture);
      this.texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, internal, frame.width, frame.height);
      this.nearest();
      this.textureKey = key;
    }

    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, frame.width, frame.height, format, gl.UNSIGNED_BYTE, frame.bytes);
    this.uploaded = frame;
  }

  private setLut(name: LutName, gamma: number): void {
    const key = `${name} ${gamma}`;
    if (this.lutKey !== key) {
      const { gl } = this;
      gl.activeTexture(gl.TEXTURE1);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, lutSize, 1, gl.RGBA, gl.UNSIGNED_BYTE, lutTable(name, gamma));
      this.lutKey = key;
    }
  }

  private nearest(): void {
    const { gl } = this;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  private programFor(dtype: Dtype, taps: number): Program {
    const { gl } = this;
    const key = `${dtype} ${taps}`;
    const known = this.programs.get(key);
    if (known) {
      return known;
    }

    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertexShader], [gl.FRAGMENT_SHADER, fragmentShader(dtype, taps)]] as const) {
      const shader = gl.createShader(type)!;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }

    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the graphics driver refused the image shader: ${gl.getProgramInfoLog(program)}`);
    }

    const names: UniformName[] = ['image', 'lut', 'size', 'stage', 'origin', 'height', 'centre', 'scale', 'bin', 'limits'];
    const made = { program, uniforms: Object.fromEntries(names.map((n) => [n, gl.getUniformLocation(program, n)])) as Program['uniforms'] };
    this.programs.set(key, made);
    return made;
  }

  private prepare(): void {
    const { gl } = this;
    this.programs.clear();
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, lutSize, 1);
    this.nearest();
    this.texture = null;
    this.textureKey = '';
    this.uploaded = null;
    this.lutKey = '';
  }
}
