import subprocess
import sys
print(subprocess.run([sys.executable, "-c", "print('child')"], stdout=subprocess.PIPE).stdout)
print(subprocess.call("exit 3", shell=True))
