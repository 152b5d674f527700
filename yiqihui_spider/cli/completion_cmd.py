"""``yiqihui completion``"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from yiqihui_spider.cli.terminal import echo


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what lets a shell complete commands, options, files, and the archive's categories.

    \b
    Once, in the file that your shell reads when it starts:
      bash, in ~/.bashrc:                     eval "$(yiqihui completion bash)"
      zsh, in ~/.zshrc, behind compinit:      eval "$(yiqihui completion zsh)"
      fish, in ~/.config/fish/config.fish:    yiqihui completion fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "yiqihui", "_YIQIHUI_COMPLETE")
    # Not source(), which looks for a bash on this machine first.
    echo(script.source_template % script.source_vars())
