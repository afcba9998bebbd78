// The picture without its noise: the switch is there where the session denoises, a badge says over every such picture which version of the denoiser
// made it, and beside it stands how far it can be trusted.
import { byId, node, text } from './dom';
import { fixed, integer, significant, unknown } from './format';
import type { State, Store } from './store';
import type { Denoising } from './wire';

/** Share of unsupported pixels, and correlation of what was taken off, from which the picture is to be doubted. */
const unsupportedWarning = 0.001;
const residualWarning = 0.1;

export interface DenoisedSwitch {
  toggle(): void;
  toggleMask(): void;
}

export function showDenoised(store: Store, say: (message: string) => void): DenoisedSwitch {
  const tools = byId('picture-tools');
  const badge = byId('denoised-badge');
  const panel = byId('denoiser');
  const by = ({ status }: State): Denoising | null => status?.denoising ?? null;
  const off = 'this session takes no noise off its frames: use the profile soft';

  store.on(['status', 'denoised'], (s) => {
    const denoising = by(s);
    tools.hidden = denoising === null;
    panel.hidden = denoising === null;
    if (denoising) {
      drawPanel(denoising, s.status?.denoiser ?? '');
    }

    if (s.denoised && s.status && denoising === null) {
      store.set({ denoised: false });
    }
  });
  store.on(['shown', 'status'], (s) => {
    badge.hidden = !s.shown?.denoised;
    if (!badge.hidden) {
      const denoising = by(s);
      const honesty = denoising?.honesty;
      // The version is the picture's own: while one is looked at again, the session may be further.
      const version = s.shown!.denoiserVersion;
      const now = denoising !== null && version === denoising.version;
      text(badge, [
        'DENOISED', version === null ? '' : `version ${version}${now ? ` (${nameOf(denoising)})` : ''}`, 'an estimate',
        now && honesty ? `uPSNR ${fixed(honesty.upsnr_db, 1)}\u2009dB` : '',
        now && honesty ? `${fixed(100 * honesty.unsupported_fraction, 2)}\u2009% not supported` : '',
      ].filter(Boolean).join(' · '));
      badge.dataset.state = now && honesty && doubtful(honesty) ? 'doubt' : '';
    }
  });
  return {
    toggle: () => {
      if (by(store.state) === null) {
        say(off);
      } else {
        store.set({ denoised: !store.state.denoised });
      }
    },
    toggleMask: () => {
      if (by(store.state) === null) {
        say(off);
        return;
      }

      const unsupported = !store.state.layers.unsupported;
      store.set({ layers: { ...store.state.layers, unsupported } });
      if (unsupported && !store.state.denoised) {
        say('the mask lies over the picture without its noise (B)');
      }
    },
  };
}

const nameOf = ({ name }: Denoising): string => (name === 'none' ? 'linear filter' : name);

const doubtful = (honesty: NonNullable<Denoising['honesty']>): boolean =>
  honesty.unsupported_fraction > unsupportedWarning || Math.abs(honesty.residual_correlation) > residualWarning;

function drawPanel(denoising: Denoising, line: string): void {
  const { honesty } = denoising;
  text(byId('denoiser-version'), `version ${denoising.version}`);
  text(byId('honesty-psnr'), fixed(honesty?.upsnr_db ?? null, 1));
  text(byId('honesty-unsupported'), honesty ? fixed(100 * honesty.unsupported_fraction, 2) : unknown);
  const unsupported = byId('honesty-unsupported');
  unsupported.dataset.state = honesty && honesty.unsupported_fraction > unsupportedWarning ? 'warn' : '';
  const rows: [string, string][] = [
    ['network', `${nameOf(denoising)}${denoising.first_frame === null ? '' : ` from frame ${denoising.first_frame}`}`],
    ['squared error left', honesty ? `${significant(honesty.umse)} ± ${significant(honesty.umse_err)} counts² (raw ${significant(honesty.raw_mse)})` : unknown],
    ['residual correlation', honesty ? `${Math.abs(honesty.residual_correlation) > residualWarning ? '△ ' : ''}${honesty.residual_correlation.toFixed(3)}` : unknown],
    ['by noisy frames', honesty ? integer(honesty.frames) : unknown],
  ];
  if (denoising.held_out_gain !== null) {
    const before = denoising.held_out_gain_before;
    rows.push(['held-out gain', `${(100 * denoising.held_out_gain).toFixed(1)}\u2009%${before === null ? '' : `, before ${(100 * before).toFixed(1)}\u2009%`}`]);
  }

  const list = byId('honesty');
  const key = JSON.stringify(rows);
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(...rows.flatMap(([name, value]) => [node('dt', '', name), node('dd', '', value)]));
  }

  const adaptation = byId('adaptation');
  text(adaptation, denoising.adaptation ? `Adaptation: ${denoising.adaptation}` : 'Adaptation: off in this profile');
  adaptation.title = line;
}
