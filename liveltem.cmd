@echo off
rem Runs LiveLTEM from a checkout on Windows: builds it when sources changed, then runs the program. Untested: only Linux is proven.
setlocal
set "root=%~dp0"
set "area=App"
set "name=liveltem"
if "%1"=="train" set "area=Training"
if "%1"=="train" set "name=LiveLtem.Training"
set "program=%root%src\%area%\bin\Release\net10.0\%name%.dll"
set DOTNET_NOLOGO=1
set DOTNET_CLI_TELEMETRY_OPTOUT=1
where dotnet >nul 2>nul || (echo liveltem: needs the .NET 10 SDK: https://dotnet.microsoft.com/download/dotnet/10.0 1>&2& exit /b 1)
powershell -NoProfile -Command "$p='%program%'; if (-not (Test-Path $p)) { exit 1 }; $t=(Get-Item $p).LastWriteTimeUtc; $places='src','hardware-sim','models','config' | %% { Join-Path '%root%' $_ } | ? { Test-Path $_ }; $new=Get-ChildItem $places -Recurse -File | ? { $_.LastWriteTimeUtc -gt $t -and $_.FullName -notmatch '\\(bin|obj)\\' } | Select-Object -First 1; if ($new) { exit 1 } else { exit 0 }"
if errorlevel 1 (
  echo liveltem: building 1>&2
  dotnet build "%root%src\%area%" -c Release -v quiet -nologo -nodeReuse:false 1>&2 || exit /b 1
)
dotnet "%program%" %*
exit /b %errorlevel%
